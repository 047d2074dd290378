"""Blobs in a folder: `user_files/{user_id}/{file_id}{ext}`, private to this user.

A blob is written to `staging/` beside the users' folders, hashed on the way,
fsynced, renamed into place, and the folder fsynced: after `commit` returns the
bytes survive a power cut, and before it nobody can see them. The writer holds a
lock on the file, through the rename and until its block ends (by then the event
is recorded), so that what a dead process left can be told from what a living one
is about to record. The kernel drops the lock when a process dies.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from domain.errors import IntegrityFaultError
from domain.files import check_user_id
from infrastructure.files import environment_fault, make_private_folder, os_errors, sync_folder


class FolderBlobStore:
    """`BlobStore` on a local file system."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staging = root.parent / "staging"

    @contextmanager
    def stage(self, user_id: str) -> Iterator["StagedFile"]:
        """Open a staging blob; bytes not committed when the block ends are gone."""
        folder = self._folder(user_id)
        with os_errors("save the file"):
            make_private_folder(self._staging)
            make_private_folder(folder)
            with _locked(self._staging, fcntl.LOCK_SH):
                staged = StagedFile(self._staging / token_hex(12), folder)
        try:
            yield staged
        finally:
            staged.close()

    def open(self, user_id: str, name: str) -> BinaryIO:
        """Open a blob for reading."""
        path = self._path(user_id, name)
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            msg = f"The bytes of {name} are missing on disk. Run `fileledger verify` to see what else is."
            raise IntegrityFaultError(msg) from error
        except OSError as error:
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
                yield folder.name, blob.name

    def discard_orphans(
        self, is_recorded: Callable[[str, str], bool], user_id: str | None = None
    ) -> list[str]:
        """Remove bytes, one user's or all, that no event names and no living process is about to record."""
        with os_errors("sweep the blob store"):
            gone = self._sweep_staging() if self._staging.is_dir() else []
            for owner, name in list(self.names(user_id)):
                if _unlink_if(self._root / owner / name, partial(_is_orphan, is_recorded, owner, name)):
                    gone.append(f"{owner}/{name}")
        return gone

    def _sweep_staging(self) -> list[str]:
        with _locked(self._staging, fcntl.LOCK_EX):
            leftovers = list(self._staging.iterdir())
            return [f"staging/{path.name}" for path in leftovers if _unlink_if(path, lambda: True)]

    def _folder(self, user_id: str) -> Path:
        return self._root / check_user_id(user_id)

    def _path(self, user_id: str, name: str) -> Path:
        return self._folder(user_id) / Path(name).name


class StagedFile:
    """Bytes on their way into a folder."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder = path, folder
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        return self._size_bytes

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes written so far."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with os_errors("save the file"):
            self._file.write(chunk)
        self._digest.update(chunk)
        self._size_bytes += len(chunk)

    def commit(self, name: str) -> None:
        """Make the bytes durable under `name` in the user's folder."""
        with os_errors("save the file"):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._path.rename(self._folder / name)
            sync_folder(self._folder)
            sync_folder(self._folder.parent)

    def close(self) -> None:
        """Drop what was not committed."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink()


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _is_orphan(is_recorded: Callable[[str, str], bool], user_id: str, name: str) -> bool:
    return not is_recorded(user_id, name)


def _unlink_if(path: Path, is_orphan: Callable[[], bool]) -> bool:
    """Remove a file that nobody writes, when `is_orphan` still says so under its lock."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_orphan():
                return False
            path.unlink()
    except (BlockingIOError, FileNotFoundError, IsADirectoryError):
        return False
    sync_folder(path.parent)
    return True
