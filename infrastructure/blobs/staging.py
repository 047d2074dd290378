"""Bytes on their way into a blob store: in a local folder, hashed while they are written.

The writer holds a lock on its file until its block ends (by then the event is
recorded), so that what a dead process left can be told from what a living one is
about to record. The kernel drops the lock when a process dies.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from infrastructure.files import make_private_folder, os_errors, sync_folder

Commit = Callable[[Path, str], None]
"""Makes the bytes of a file durable under a blob's name."""


class StagingFolder:
    """Where blobs are that nobody can see yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self, commit: Commit) -> Iterator["StagedFile"]:
        """Open a staging blob; bytes not committed when the block ends are gone."""
        with os_errors("save the file"):
            make_private_folder(self._folder)
            with _locked(self._folder, fcntl.LOCK_SH):
                staged = StagedFile(self._folder / token_hex(12), commit)
        try:
            yield staged
        finally:
            staged.close()

    def leftovers(self) -> list[Path]:
        """Return what is here and nobody writes."""
        return [path for path in sorted(self._folder.glob("*")) if is_idle(path)]

    def sweep(self) -> list[str]:
        """Remove what dead processes left, and return it as text for operators."""
        if not self._folder.is_dir():
            return []
        with _locked(self._folder, fcntl.LOCK_EX):
            leftovers = list(self._folder.iterdir())
            return [f"staging/{path.name}" for path in leftovers if unlink_if(path, lambda: True)]


class StagedFile:
    """Bytes that are not committed yet."""

    def __init__(self, path: Path, commit: Commit) -> None:
        self._path, self._commit = path, commit
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
            self._commit(self._path, name)

    def close(self) -> None:
        """Drop what was not committed."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink()


def is_idle(path: Path) -> bool:
    """Tell whether no process writes the file."""
    if path.is_symlink() or not path.is_file():
        return True
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True


def unlink_if(path: Path, is_orphan: Callable[[], bool]) -> bool:
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


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
