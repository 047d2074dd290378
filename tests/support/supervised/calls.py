"""The watched system calls: the filter that reports them, and the supervisor's end of it."""

import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from infrastructure.sandbox.system_calls import ALLOWED

BY_DESCRIPTOR = ("write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "ftruncate", "fallocate")
TO_DESCRIPTOR = ("copy_file_range", "sendfile")  # which they name as another argument than the first
BY_PATH = ("open", "creat", "truncate", "rename", "link", "unlink", "mkdir", "rmdir")
BELOW_FOLDER = ("openat", "renameat", "renameat2", "linkat", "unlinkat", "mkdirat")
READING = ("read", "pread64")  # watched only where that is asked for
SENDING = ("sendto",)  # what pymongo sends with; `sendmsg` hands over the listener itself
WATCHED = (*BY_DESCRIPTOR, *TO_DESCRIPTOR, *BY_PATH, *BELOW_FOLDER, *SENDING)
_PATH_ARGUMENT = dict.fromkeys(BY_PATH, 0) | dict.fromkeys(BELOW_FOLDER, 1)
_DESCRIPTOR_ARGUMENT = dict.fromkeys((*BY_DESCRIPTOR, *READING, *SENDING), 0) | {
    "copy_file_range": 2,
    "sendfile": 0,
}
_FLAGS_ARGUMENT = {"open": 1, "openat": 2}
MAKES_OR_CUTS = os.O_CREAT | os.O_TRUNC

# <linux/seccomp.h>, <linux/filter.h>, <linux/audit.h>
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUALS, _HAS_BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1
_NOTIFICATION_BYTES = 80
_MACHINES = {"x86_64": (0, 317), "aarch64": (1, 277)}
_LONGEST_PATH_BYTES = 4096
_NEGATIVE = 2**31  # AT_FDCWD, seen as unsigned, is above


def _numbers(calls: Iterable[str]) -> dict[int, str]:
    column = _MACHINES[platform.machine()][0]
    return {number: name for name in calls if (number := ALLOWED[name][column]) is not None}


def _filter(calls: Iterable[str], opening: int) -> bytes:
    """Return the program: what opens a file is reported when it has one of these flags, the others always."""
    program: list[tuple[int, int, int, int]] = []
    for number, name in _numbers(calls).items():
        if (argument := _FLAGS_ARGUMENT.get(name)) is not None:
            low_half = 16 + 8 * argument
            test = [(_LOAD, 0, 0, low_half), (_HAS_BITS, 0, 1, opening), (_RETURN, 0, 0, _NOTIFY)]
            program += [(_LOAD, 0, 0, 0), (_EQUALS, 0, len(test), number), *test]
        else:
            program += [(_LOAD, 0, 0, 0), (_EQUALS, 0, 1, number), (_RETURN, 0, 0, _NOTIFY)]
    return b"".join(struct.pack("HBBI", *line) for line in (*program, (_RETURN, 0, 0, _ALLOW)))


def report_calls(to: socket.socket) -> None:
    """From now on have the watched calls of this process and its children wait for who is behind `to`."""
    listener = hold_calls(WATCHED, MAKES_OR_CUTS)
    socket.send_fds(to, [b"listener"], [listener])
    os.close(listener)


def hold_calls(calls: Iterable[str], opening: int) -> int:
    """From now on have these calls of this thread, and of what it begins, wait for a `Listener`.

    Returns the descriptor that it listens on. Opening a file waits when it has one of the flags `opening`.
    """
    libc, program = ctypes.CDLL(None, use_errno=True), _filter(calls, opening)
    content = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(content))
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    seccomp = _MACHINES[platform.machine()][1]
    listener = libc.syscall(seccomp, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.create_string_buffer(header))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


@dataclass(frozen=True)
class Call:
    """A call that has not been made yet: by which thread, which, and with what arguments."""

    thread: int
    name: str
    arguments: tuple[int, ...]

    @cached_property
    def path(self) -> str:
        """The file that it changes, or what else is behind the descriptor."""
        process = Path("/proc", str(self.thread))
        with suppress(OSError):
            if (place := _PATH_ARGUMENT.get(self.name)) is None:
                descriptor = self.arguments[_DESCRIPTOR_ARGUMENT[self.name]]
                return str((process / "fd" / str(descriptor)).readlink())
            path = self._text_at(self.arguments[place])
            by_descriptor = place == 1 and self.arguments[0] < _NEGATIVE
            folder = process / (f"fd/{self.arguments[0]}" if by_descriptor else "cwd")
            return path if path.startswith("/") else f"{folder.readlink()}/{path}"
        return ""

    @property
    def flags(self) -> int:
        """How it opens a file; 0 when it does something else."""
        place = _FLAGS_ARGUMENT.get(self.name)
        return 0 if place is None else self.arguments[place]

    def _text_at(self, address: int) -> str:
        with Path(f"/proc/{self.thread}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            return os.fsdecode(memory.read(_LONGEST_PATH_BYTES).split(b"\0")[0])

    def __str__(self) -> str:
        """Return name and path."""
        return f"{self.name} {self.path}"


class Listener:
    """The supervisor's end: gives the calls one by one; each waits until it is let pass."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._names = _numbers((*WATCHED, *READING))

    @classmethod
    def receive(cls, connection: socket.socket) -> Self | None:
        """Return the listener that a process hands over, None when it ended before it did."""
        said, descriptors, _, _ = socket.recv_fds(connection, 16, 1)
        return cls(descriptors[0]) if said and descriptors else None

    def serve(self, judge: Callable[[Call], int | None]) -> None:
        """Hold each call until `judge` was asked; return when nobody is left to make one.

        It says with which error the call fails instead of being made, 0 for none; None when
        it has killed who makes it.
        """
        with os.fdopen(self._descriptor, "rb", buffering=0):
            waiting = select.poll()
            waiting.register(self._descriptor, select.POLLIN)
            while not waiting.poll()[0][1] & select.POLLHUP:
                with suppress(FileNotFoundError):  # killed meanwhile
                    self._serve_one(judge)

    def _serve_one(self, judge: Callable[[Call], int | None]) -> None:
        notification = bytearray(_NOTIFICATION_BYTES)
        fcntl.ioctl(self._descriptor, _RECEIVE, notification)
        number, thread, _ = struct.unpack_from("=QII", notification)
        call, _, _, *arguments = struct.unpack_from("=iIQ6Q", notification, 16)
        error = judge(Call(thread, self._names[call], tuple(arguments)))
        if error is not None:
            answer = struct.pack("=QqiI", number, 0, -error, 0 if error else _CONTINUE)
            fcntl.ioctl(self._descriptor, _SEND, answer)
