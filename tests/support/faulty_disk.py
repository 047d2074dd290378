"""A disk that fails at any write, or read, of a thread: the kernel asks us first.

Whatever makes the system call (Python, SQLite, a library), it gets the error from the kernel, and nothing is
written. Only calls below the given folders count. See `tests.support.supervised`.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from errno import EIO, ENOSPC, EROFS
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from tests.support.supervised.calls import MAKES_OR_CUTS, READING, Call, Listener, hold_calls

T = TypeVar("T")

_ADDING = frozenset({"write", "pwrite64", "writev", "pwritev", "sendfile", "copy_file_range", "fallocate"})
_MAKING = frozenset({"open", "openat", "mkdir", "mkdirat", "link", "linkat"})
_SYNCING = frozenset({"fsync", "fdatasync"})
_CHANGING = frozenset({"ftruncate", "rename", "renameat", "renameat2", "rmdir", "unlink", "unlinkat"})


@dataclass(frozen=True)
class DiskFault:
    """How a disk fails: with which error, at which calls, and whether that stays so."""

    name: str
    errno: int
    calls: frozenset[str]
    lasts: bool


FULL = DiskFault("disk full (ENOSPC)", ENOSPC, _ADDING | _MAKING | _SYNCING, lasts=True)
READ_ONLY = DiskFault(
    "disk read-only (EROFS)", EROFS, _ADDING | _MAKING | _CHANGING | {"fdatasync"}, lasts=True
)
BROKEN = DiskFault("disk error once (EIO)", EIO, _ADDING | _MAKING | _SYNCING | _CHANGING, lasts=False)
UNREADABLE = DiskFault("disk cannot read (EIO)", EIO, frozenset(READING), lasts=True)


@dataclass
class Outcome(Generic[T]):
    """What came of an action on a faulty disk: how many calls there were and failed, and its end."""

    calls: int
    failed: int
    result: T | None
    error: BaseException | None


def on_faulty_disk(
    fault: DiskFault,
    first: int,
    action: Callable[[], T],
    *folders: Path,
    counts: Callable[[], bool] = lambda: True,
) -> Outcome[T]:
    """Do something in a thread whose `first` call below `folders` fails, and those after it if that lasts.

    Threads and processes that it begins share its fate. A folder may be a file. Only while it
    `counts` do calls count, or fail.
    """
    outcome: Outcome[T] = Outcome(0, 0, None, None)
    is_filtered = threading.Event()
    listeners: list[Listener] = []

    def work() -> None:
        try:
            listeners.append(Listener(hold_calls(fault.calls, os.O_ACCMODE | MAKES_OR_CUTS)))
        except OSError as error:
            outcome.error = error
            return
        finally:
            is_filtered.set()
        try:
            outcome.result = action()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            outcome.error = error

    worker = threading.Thread(target=work)
    worker.start()
    is_filtered.wait()
    decide = partial(_decide, fault, first, tuple(map(str, folders)), outcome)
    for listener in listeners:
        listener.serve(lambda call: decide(call) if counts() else 0)
    worker.join()
    return outcome


def _decide(fault: DiskFault, first: int, folders: tuple[str, ...], outcome: Outcome[T], call: Call) -> int:
    """Return the error of one call, 0 for none; count it when it can fail below the folders."""
    if not call.path.startswith(folders) or not _can_fail(call, fault):
        return 0
    outcome.calls += 1
    if outcome.calls == first or (fault.lasts and outcome.calls > first):
        outcome.failed += 1
        return fault.errno
    return 0


def _can_fail(call: Call, fault: DiskFault) -> bool:
    """Tell whether a disk with that fault cannot do it: of opening a file, not all is writing."""
    if call.name not in {"open", "openat"} or (fault.errno == EROFS and call.flags & os.O_ACCMODE):
        return True
    return bool(call.flags & os.O_CREAT) and not Path(call.path).exists()
