"""File locks of processes (flock): the kernel drops them when the last holder dies, however it dies.

A file that cannot be made, on a full disk for example, is an `EnvironmentFaultError`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infrastructure.files import os_errors


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock alone inside the block; blocks until it is free."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def lock_shared(path: Path) -> int:
    """Take the lock together with others and return the descriptor that holds it; may block."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def try_lock(path: Path) -> int | None:
    """Take the lock alone and return the descriptor that holds it, None when somebody has it.

    Processes that inherit the descriptor hold the lock as well, until all have closed it.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class FileLease:
    """`Lease` of the processes of one machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take it if nobody has it, and return whether it is ours."""
        if self._descriptor is None:
            self._descriptor = try_lock(self._path)
        return self._descriptor is not None

    def release(self) -> None:
        """Leave it to others."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None


def _open(path: Path) -> int:
    with os_errors("take a lock"):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
