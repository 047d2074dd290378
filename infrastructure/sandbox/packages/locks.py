"""Locks between threads and between processes, which the kernel releases with their holder."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_S = 0.05


@contextmanager
def locked(path: Path, give_up: Callable[[], bool] = lambda: False) -> Iterator[bool]:
    """Hold the lock of a file, made if need be; yield False if it was given up before.

    Every call opens the file anew, so two threads exclude each other as two processes do.

    Raises:
        OSError: the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        held = _try(descriptor)
        while not held and not give_up():
            time.sleep(_LOOK_S)
            held = _try(descriptor)
        yield held
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
