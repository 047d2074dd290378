"""A disk that fails at any write of a thread: the kernel asks us first, by seccomp's user notification.

Whatever makes the system call (Python, SQLite, a library), it gets the error from the kernel, and nothing is
written. Only calls below the given folders count. See seccomp_unotify(2).
"""

import ctypes
import os
import platform
import select
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from errno import EIO, ENOSPC, EROFS
from fcntl import ioctl
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from infrastructure.sandbox.seccomp import MACHINES

T = TypeVar("T")


def _table(text: str) -> dict[str, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


_X86_64 = _table("""
    write 1 open 2 pwrite64 18 writev 20 sendfile 40 fsync 74 fdatasync 75 ftruncate 77 rename 82 mkdir 83
    rmdir 84 link 86 unlink 87 openat 257 mkdirat 258 unlinkat 263 renameat 264 linkat 265 fallocate 285
    pwritev 296 renameat2 316 copy_file_range 326
""")
_AARCH64 = _table("""
    mkdirat 34 unlinkat 35 linkat 37 renameat 38 ftruncate 46 fallocate 47 openat 56 write 64 writev 66
    pwrite64 68 pwritev 70 sendfile 71 fsync 82 fdatasync 83 renameat2 276 copy_file_range 285
""")
_NUMBERS = {"x86_64": _X86_64, "aarch64": _AARCH64}
_SECCOMP = {"x86_64": 317, "aarch64": 277}

_ADDING = frozenset({"write", "pwrite64", "writev", "pwritev", "sendfile", "copy_file_range", "fallocate"})
_MAKING = frozenset({"open", "openat", "mkdir", "mkdirat", "link", "linkat"})
_SYNCING = frozenset({"fsync", "fdatasync"})
_CHANGING = frozenset({"ftruncate", "rename", "renameat", "renameat2", "rmdir", "unlink", "unlinkat"})

_BY_PATH = {"open": 0, "mkdir": 0, "rmdir": 0, "unlink": 0, "rename": 1, "link": 1}
"""Which argument is the path that is made or changed; there is no folder to begin from."""
_BY_FOLDER = {"openat": 0, "mkdirat": 0, "unlinkat": 0, "renameat": 2, "renameat2": 2, "linkat": 2}
"""Which argument is the folder that the path in the next one begins from."""

_PR_SET_NO_NEW_PRIVS, _SET_MODE_FILTER, _NEW_LISTENER = 38, 1, 8
_LOAD, _RETURN, _JUMP_EQUAL, _ALLOW, _ASK_US = 0x20, 0x06, 0x15, 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_REQUEST, _ANSWER = struct.Struct("QII iIQ 6Q"), struct.Struct("QqiI")
_AT_FDCWD = -100
_LOOK_MS = 50
_LONGEST_PATH = 4096


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


@dataclass
class Outcome(Generic[T]):
    """What came of an action on a faulty disk: how many writes there were and failed, and its end."""

    writes: int
    failed: int
    result: T | None
    error: BaseException | None


def on_faulty_disk(fault: DiskFault, first: int, action: Callable[[], T], *folders: Path) -> Outcome[T]:
    """Do something in a thread whose `first` write below `folders` fails, and those after it if that lasts.

    Threads and processes that it begins share its fate.
    """
    outcome: Outcome[T] = Outcome(0, 0, None, None)
    is_filtered = threading.Event()
    listeners: list[int] = []

    def work() -> None:
        try:
            listeners.append(_filter_this_thread(fault.calls))
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
    for listener in listeners:
        _serve(listener, partial(_decide, fault, first, [str(folder) for folder in folders], outcome))
        os.close(listener)
    worker.join()
    return outcome


def _filter_this_thread(calls: frozenset[str]) -> int:
    """Have the kernel ask before these calls of this thread; return the descriptor on which it asks."""
    machine = platform.machine()
    numbers = [_NUMBERS[machine][call] for call in calls if call in _NUMBERS[machine]]
    program = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, MACHINES[machine]),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, 0),
        *((_JUMP_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ASK_US),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    listener = libc.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _NEW_LISTENER, header)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


def _serve(listener: int, decide: Callable[[int, str, tuple[int, ...]], int]) -> None:
    """Answer the kernel until nobody is left to ask about."""
    names = {number: name for name, number in _NUMBERS[platform.machine()].items()}
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while True:
        ready = waiting.poll(_LOOK_MS)
        if any(events & select.POLLHUP for _, events in ready):
            return
        if not ready:
            continue
        request = bytearray(_REQUEST.size)
        with suppress(FileNotFoundError):  # who asked was killed meanwhile
            ioctl(listener, _RECEIVE, request)
            asked, thread, _, number, _, _, *arguments = _REQUEST.unpack(request)
            errno = decide(thread, names[number], tuple(arguments))
            answer = _ANSWER.pack(asked, 0, -errno, 0 if errno else _CONTINUE)
            ioctl(listener, _SEND, bytearray(answer))


def _decide(
    fault: DiskFault,
    first: int,
    folders: list[str],
    outcome: Outcome[T],
    thread: int,
    call: str,
    arguments: tuple[int, ...],
) -> int:
    """Return the error of one call, 0 for none; count it when it writes below the folders."""
    target = _target(thread, call, arguments)
    if not target.startswith(tuple(folders)) or not _writes(call, arguments, target, fault):
        return 0
    outcome.writes += 1
    if outcome.writes == first or (fault.lasts and outcome.writes > first):
        outcome.failed += 1
        return fault.errno
    return 0


def _writes(call: str, arguments: tuple[int, ...], target: str, fault: DiskFault) -> bool:
    """Tell whether a call changes anything: opening a file may, and syncing a folder has written before."""
    if call in {"open", "openat"}:
        flags = arguments[2 if call == "openat" else 1]
        if fault.errno == EROFS and flags & os.O_ACCMODE:
            return True
        return bool(flags & os.O_CREAT) and not Path(target).exists()
    return True


def _target(thread: int, call: str, arguments: tuple[int, ...]) -> str:
    proc = Path(f"/proc/{thread}")
    with suppress(OSError):
        if call in _BY_PATH:
            return str(proc.joinpath("cwd").readlink() / _text_at(proc, arguments[_BY_PATH[call]]))
        if call in _BY_FOLDER:
            number = ctypes.c_int(arguments[_BY_FOLDER[call]]).value
            folder = proc / ("cwd" if number == _AT_FDCWD else f"fd/{number}")
            return str(folder.readlink() / _text_at(proc, arguments[_BY_FOLDER[call] + 1]))
        return str((proc / "fd" / str(arguments[2 if call == "copy_file_range" else 0])).readlink())
    return ""


def _text_at(proc: Path, address: int) -> str:
    with (proc / "mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        page = 4096 - address % 4096
        text = memory.read(page)
        if b"\0" not in text:
            text += memory.read(_LONGEST_PATH)
    return os.fsdecode(text.partition(b"\0")[0])
