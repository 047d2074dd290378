"""Durable, private files: the few system calls that every store needs."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EDQUOT, EFBIG, EIO, EMFILE, ENFILE, ENOSPC, EPERM, EROFS
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from domain.errors import EnvironmentFaultError

COPY_CHUNK_BYTES = 1 << 20
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{12}")

_REMEDIES = {
    ENOSPC: "the disk is full; free some space",
    EDQUOT: "the disk quota is used up; free some space",
    EROFS: "the file system is read-only; mount it writable or choose another --data-dir",
    EACCES: "permission is denied; give this user access or choose another --data-dir",
    EPERM: "the operation is not permitted; give this user access or choose another --data-dir",
    EFBIG: "the file is too large for this file system",
    EIO: "the disk reports an input/output error; check it",
    EMFILE: "too many open files; raise the limit (ulimit -n)",
    ENFILE: "the system has too many open files",
}


def environment_fault(error: OSError, doing: str) -> EnvironmentFaultError:
    """Return an operating-system error as one clear line: what, why, what next."""
    why = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    where = f" ({error.filename})" if error.filename else ""
    return EnvironmentFaultError(f"Cannot {doing}{where}: {why}.")


@contextmanager
def os_errors(doing: str) -> Iterator[None]:
    """Turn operating-system errors inside the block into `EnvironmentFaultError`."""
    try:
        yield
    except OSError as error:
        raise environment_fault(error, doing) from error


def make_private_folder(folder: Path) -> None:
    """Make a folder, and its missing parents, that only this user may enter (0700); durable on return.

    What is synced into a folder is lost with it when its own name was not.
    """
    if not folder.is_dir():
        make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def make_private_file(path: Path) -> None:
    """Make an empty file that only this user may read (0600); one that is there is closed to others."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            with suppress(OSError):  # somebody else's, or on a disk that is read-only: it can still be read
                os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Return how much room this user has on the disk that holds a folder."""
    with os_errors("look at the disk"):
        return shutil.disk_usage(folder).free


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable: new names, renames and removals."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def durable_write(path: Path, content: bytes, *, replace: bool = True) -> bool:
    """Write a private file (0600) whole or not at all, durable on return.

    Without `replace` an existing file stays as it is. Tells whether it wrote.
    """
    try:
        with _unfinished(path) as (file, temporary):
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if replace:
                temporary.rename(path)
            else:
                os.link(temporary, path)
    except FileExistsError:
        return False
    sync_folder(path.parent)
    return True


@contextmanager
def whole_file(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Write a file that gets its name at the end of the block, in the place of the one before.

    It survives the process, not a power failure; what a killed writer leaves, `discard_unfinished` removes.
    """
    with _unfinished(path) as (file, temporary):
        yield file
        file.flush()
        os.fchmod(file.fileno(), mode)
        temporary.rename(path)


@contextmanager
def _unfinished(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Make a private file beside `path` that is gone at the end of the block, unless it was renamed."""
    temporary = path.with_name(f".{path.name}.{token_hex(6)}")
    try:
        with _create_locked(temporary) as file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def _create_locked(path: Path) -> BinaryIO:
    """Make a private file; as long as it is open, its lock tells that somebody writes it."""
    while True:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # taken for a dead writer's, before it was locked


def is_unfinished(path: Path) -> bool:
    """Tell whether a file is one that its writer here has not given its name yet, or never will."""
    return _UNFINISHED.fullmatch(path.name) is not None


def discard_unfinished(folder: Path) -> None:
    """Remove what writers of whole files left in a folder when they were killed: it may be a secret."""
    for path in filter(is_unfinished, folder.glob(".*")):
        with suppress(BlockingIOError, FileNotFoundError), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def copy_out(content: BinaryIO, target: Path, filename: str) -> Path:
    """Copy bytes to `target`, into a folder under `filename`, and return where they went.

    A file of that name in the folder is never overwritten: the copy gets a number
    (`data (2).csv`). A path given in full is replaced whole or not at all; durable on return.

    Raises:
        EnvironmentFaultError: it cannot be written.
    """
    if not target.is_dir() and not target.parent.is_dir():
        msg = f"Cannot write the copy: the folder {str(target.parent)!r} does not exist. Make it first."
        raise EnvironmentFaultError(msg)
    with os_errors("write the copy"):
        path = _free_name(target, filename) if target.is_dir() else target
        temporary = path.with_name(f".{path.name[:80]}.{token_hex(6)}")
        try:
            with temporary.open("xb") as file:
                shutil.copyfileobj(content, file, COPY_CHUNK_BYTES)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def _free_name(folder: Path, filename: str) -> Path:
    stem, suffix = Path(filename).stem, Path(filename).suffix
    names = (filename if number == 1 else f"{stem} ({number}){suffix}" for number in count(1))
    return next(folder / name for name in names if not (folder / name).exists())
