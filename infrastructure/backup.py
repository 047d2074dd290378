"""A backup: a data folder that can be used as it is, copied while the program goes on.

The journal decides what the backup holds: it only grows, so a copy of it is the
ledger as it was at one position. Bytes are copied before and after it: before,
because a purge may follow; after, because uploads went on. What is copied too
much (bytes whose removal the copied journal knows) the next start sweeps.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from application.backup import Copied
from application.ports.blobs import BlobStore
from application.ports.journal import Journal
from domain.errors import IntegrityFaultError, RefusedError
from infrastructure.files import COPY_CHUNK_BYTES, is_unfinished, make_private_folder, os_errors, sync_folder

JOURNAL, KEYS, FILES = "journal", "keys", "user_files"
BESIDE = ("checkpoints", "conversations")


class DataFolderCopier:
    """`DataCopier` of what cannot be made again: journal, keys, bytes, and what stands beside them."""

    def __init__(self, data_dir: Path, blobs: BlobStore, journal: Journal) -> None:
        self._data_dir, self._blobs, self._journal = data_dir, blobs, journal

    def copy(self, target: Path, *, with_keys: bool) -> Copied:
        """Copy all that cannot be made again to a folder next to `target`.

        Raises:
            RefusedError: the target is in use, or inside the data folder.
            EnvironmentFaultError: something cannot be read or written.
        """
        self._refuse_to_mix(target)
        folder = target.with_name(f"{target.name}.unfinished")
        with os_errors("write the backup"):
            shutil.rmtree(folder, ignore_errors=True)  # of a backup that was cut off
            make_private_folder(folder)
            self._copy_blobs(folder / FILES)
            self._journal.catch_up()
            for name in (JOURNAL, *((KEYS,) if with_keys else ()), *BESIDE):
                _copy_folder(self._data_dir / name, folder / name)
            self._copy_blobs(folder / FILES)
        sizes = [path.stat().st_size for path in (folder / FILES).rglob("*") if path.is_file()]
        return Copied(folder, len(sizes), sum(sizes))

    def finish(self, copied: Copied, target: Path) -> None:
        """Make a copy durable, and only then give it its name.

        Raises:
            EnvironmentFaultError: it cannot be written.
        """
        with os_errors("write the backup"):
            for path in (copied.folder, *copied.folder.rglob("*")):
                _sync(path)
            if target.is_dir():
                target.rmdir()
            copied.folder.rename(target)
            sync_folder(target.absolute().parent)

    def _refuse_to_mix(self, target: Path) -> None:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            msg = f"There is something in {target} already. Give a new folder for the backup."
            raise RefusedError(msg)
        if target.resolve().is_relative_to(self._data_dir.resolve()):
            msg = f"{target} is inside the data folder. Give a folder on another disk for the backup."
            raise RefusedError(msg)

    def _copy_blobs(self, folder: Path) -> None:
        make_private_folder(folder)
        for user_id, name in list(self._blobs.names()):
            copy = folder / user_id / name
            if not copy.exists():
                make_private_folder(copy.parent)
                self._copy_blob(user_id, name, copy)

    def _copy_blob(self, user_id: str, name: str, copy: Path) -> None:
        try:
            content = self._blobs.open(user_id, name)
        except IntegrityFaultError:
            return  # purged meanwhile
        with content, copy.open("xb") as file:
            copy.chmod(0o600)
            shutil.copyfileobj(content, file, COPY_CHUNK_BYTES)


def _sync(path: Path) -> None:
    if path.is_dir():
        sync_folder(path)
    elif path.is_file():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _copy_folder(source: Path, target: Path) -> None:
    for path in _files(source):
        copy = target / path.relative_to(source)
        make_private_folder(copy.parent)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            continue  # gone meanwhile, as forgotten conversations go
        copy.chmod(0o600)


def _files(folder: Path) -> Iterable[Path]:
    found = folder.rglob("*") if folder.is_dir() else ()
    return sorted(path for path in found if path.is_file() and not is_unfinished(path))
