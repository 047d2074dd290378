"""Blobs in a folder: `user_files/{user_id}/{file_id}{ext}`, private to this user.

A blob is staged beside the users' folders, fsynced, renamed into place, and the
folder fsynced: after `commit` returns the bytes survive a power cut, and before it
nobody can see them. The stager's lock lies on the file through the rename, so the
sweep spares what a living process is about to record.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EIO
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from application.ports.blobs import Stray
from domain.errors import IntegrityFaultError, UnreadableError
from domain.files import check_user_id
from infrastructure.blobs.staging import StagedFile, StagingFolder, is_idle, unlink_if
from infrastructure.files import environment_fault, free_bytes, make_private_folder, os_errors, sync_folder


class FolderBlobStore:
    """`BlobStore` on a local file system."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._quarantine = root.parent / "quarantine"
        self._staging = StagingFolder(root.parent / "staging")

    @contextmanager
    def stage(self, user_id: str) -> Iterator[StagedFile]:
        """Open a staging blob; bytes not committed when the block ends are gone."""
        folder = self._folder(user_id)
        with os_errors("save the file"):
            make_private_folder(folder)

        def move(content: Path, name: str) -> None:
            make_private_folder(folder)  # a sweep may have found it empty meanwhile
            content.rename(folder / Path(name).name)
            sync_folder(folder)
            sync_folder(folder.parent)

        with self._staging.open(move) as staged:
            yield staged

    def open(self, user_id: str, name: str) -> BinaryIO:
        """Open a blob for reading."""
        path = self._path(user_id, name)
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            msg = f"The bytes of {name} are missing on disk. Run `fileledger verify` to see what else is."
            raise IntegrityFaultError(msg) from error
        except OSError as error:
            if error.errno == EIO:
                raise UnreadableError(str(environment_fault(error, "read the file"))) from error
            raise environment_fault(error, "read the file") from error

    def locate(self, user_id: str, name: str) -> str:
        """Return the blob's path."""
        return str(self._path(user_id, name))

    def purge(self, user_id: str, name: str) -> int:
        """Remove a blob durably and return the bytes freed; 0 when it was gone already."""
        path = self._path(user_id, name)
        with os_errors("delete the file"):
            try:
                size_bytes = path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                return 0
            sync_folder(path.parent)
        return size_bytes

    def names(self, user_id: str | None = None) -> Iterator[tuple[str, str]]:
        """Yield (user_id, name) of every committed blob, of one user or of all."""
        everybody = sorted(self._root.iterdir()) if self._root.is_dir() else []
        for folder in everybody if user_id is None else [self._folder(user_id)]:
            for blob in sorted(folder.iterdir()) if folder.is_dir() else ():
                if not blob.is_dir():
                    yield folder.name, blob.name

    def discard_orphans(
        self, is_recorded: Callable[[str, str], bool], user_id: str | None = None
    ) -> list[str]:
        """Remove bytes, one user's or all, that no event names and no living process is about to record."""
        with os_errors("sweep the blob store"):
            gone = self._staging.sweep()
            for owner, name in list(self.names(user_id)):
                if is_recorded(owner, name):
                    continue  # so that only what may be an orphan has to be locked
                if unlink_if(self._root / owner / name, partial(_is_orphan, is_recorded, owner, name)):
                    gone.append(f"{owner}/{name}")
            self._drop_empty_folders(user_id)
        return gone

    def _drop_empty_folders(self, user_id: str | None) -> None:
        """Remove the folders without a blob: they bear the names of people who may be gone."""
        everybody = [self._folder(user_id)] if user_id is not None else list(self._root.glob("*"))
        for folder in everybody:
            with suppress(OSError):  # it is not empty
                folder.rmdir()

    def check(self) -> str:
        """Return the folder and the room there."""
        with os_errors("keep files"):
            make_private_folder(self._root)
        return f"in {self._root}, {free_bytes(self._root) / 1e9:.1f} GB free"

    def strays(self, is_recorded: Callable[[str, str], bool]) -> Iterator[Stray]:
        """Yield every file below `user_files` and `staging` that no event names and no process writes."""
        with os_errors("look through the blob store"):
            for path in sorted(self._root.rglob("*")):
                owner, name = path.parent.name, path.name
                is_blob = path.parent.parent == self._root and path.is_file() and not path.is_symlink()
                if path.is_dir() or (is_blob and is_recorded(owner, name)):
                    continue
                # A writer lets go of a blob only after its event is recorded: hence the order.
                if not is_idle(path) or (is_blob and is_recorded(owner, name)):
                    continue
                yield Stray(str(path.relative_to(self._root)), path.lstat().st_size)
            for path in self._staging.leftovers():
                yield Stray(f"../staging/{path.name}", path.lstat().st_size)

    def discard_set_aside(self, user_id: str) -> None:
        """Remove the user's folder of `quarantine/`."""
        with os_errors("delete what was set aside"), suppress(FileNotFoundError):
            shutil.rmtree(self._quarantine / check_user_id(user_id))
            sync_folder(self._quarantine)

    def set_aside(self, where: str) -> str:
        """Move a file into the user's folder of `quarantine/`, under a name of its own."""
        source = self._root / where
        owner = Path(where).parent.name
        target = self._quarantine / owner / f"{source.name}.{token_hex(4)}"
        with os_errors("set bytes aside"):
            make_private_folder(target.parent)
            with suppress(FileNotFoundError):
                source.rename(target)
                sync_folder(target.parent)
                sync_folder(source.parent)
        return str(target)

    def _folder(self, user_id: str) -> Path:
        return self._root / check_user_id(user_id)

    def _path(self, user_id: str, name: str) -> Path:
        return self._folder(user_id) / Path(name).name


def _is_orphan(is_recorded: Callable[[str, str], bool], user_id: str, name: str) -> bool:
    return not is_recorded(user_id, name)
