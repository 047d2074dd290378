"""Take the files that a run left in its working folder, when every process of it is dead.

Nothing in the folder is trusted: it is walked from a descriptor that the host has
held since before the run, each step is opened with `openat2` so that it cannot
leave the folder (openat2(2), Linux 5.6), and only regular files are opened at all.
"""

import ctypes
import os
import stat
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from infrastructure.sandbox.config import OutputCaps

_OPENAT2 = 437
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x01, 0x02, 0x04, 0x08
_CAREFULLY = _NO_XDEV | _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH
_LONGEST_SKIP_LIST = 20
_HIDDEN_SHOWN = 3
_LONGEST_NAME = 200

_libc = ctypes.CDLL(None, use_errno=True)

Keep = Callable[[str, BinaryIO], str | None]


def open_beneath(folder: int, name: str, flags: int) -> int:
    """Open `name` in `folder` without following any link or leaving the file system.

    Raises:
        OSError: it cannot be opened that way.
    """
    how = struct.pack("QQQ", flags | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY, 0, _CAREFULLY)
    fd: int = _libc.syscall(_OPENAT2, folder, os.fsencode(name), how, ctypes.c_size_t(len(how)))
    if fd < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return fd


@dataclass
class Collection:
    """One pass over a working folder; `keep` takes a name and an open file, and says why it is not kept."""

    caps: OutputCaps
    total_bytes: int
    keep: Keep
    skipped: list[str] = field(default_factory=list)
    _kept: int = 0
    _seen: int = 0
    _more_skipped: int = 0
    _hidden: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._end = time.monotonic() + self.caps.seconds

    def walk(self, folder: int, prefix: str = "", depth: int = 1) -> None:
        """Keep every regular file below `folder`, in the order of their names."""
        for entry in self._entries(folder, prefix):
            path = prefix + entry
            try:
                mode = os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    self._descend(folder, entry, path, depth)
                elif stat.S_ISREG(mode):
                    self._take(folder, entry, path)
                else:
                    self._skip(path, f"not a regular file but {_kind(mode)}")
            except OSError as error:
                self._skip(path, f"cannot be read ({error.strerror})")

    def finish(self) -> tuple[str, ...]:
        """Return what was left behind and why, each in a line."""
        more = [f"… and {self._more_skipped} more"] if self._more_skipped else []
        return (*self.skipped, *more, *self._hidden_line())

    def _hidden_line(self) -> list[str]:
        if not self._hidden:
            return []
        count = len(self._hidden)
        names = [_readable(path)[:_LONGEST_NAME] for path in sorted(self._hidden)[:_HIDDEN_SHOWN]]
        shown = ", ".join(names + ["…"] * (count > _HIDDEN_SHOWN))
        what = "1 hidden file is" if count == 1 else f"{count} hidden files are"
        return [f"{what} not kept (a name that begins with a dot): {shown}"]

    def _entries(self, folder: int, prefix: str) -> Iterator[str]:
        """Yield names until a cap is met; hidden files are only counted, bytecode is nobody's result."""
        room = max(self.caps.entries - self._seen, 0)
        names: list[str] = []
        with os.scandir(folder) as scan:
            for entry in scan:
                if len(names) >= room:
                    self._skip(prefix or "the rest", f"more than {self.caps.entries} files and folders")
                    break
                if entry.name.startswith("."):
                    self._hidden.append(prefix + entry.name)
                elif entry.name != "__pycache__":
                    names.append(entry.name)
        self._seen += len(names)
        for name in sorted(names):
            if time.monotonic() > self._end:
                self._skip(prefix + name, f"collecting took longer than {self.caps.seconds:g} s")
                return
            yield name

    def _descend(self, folder: int, entry: str, path: str, depth: int) -> None:
        if depth >= self.caps.depth:
            self._skip(path, f"folders are nested deeper than {self.caps.depth}")
            return
        inner = open_beneath(folder, entry, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.walk(inner, f"{path}/", depth + 1)
        finally:
            os.close(inner)

    def _take(self, folder: int, entry: str, path: str) -> None:
        if self._kept >= self.caps.files:
            self._skip(path, f"more than {self.caps.files} files")
            return
        with os.fdopen(open_beneath(folder, entry, os.O_RDONLY), "rb") as content:
            state = os.fstat(content.fileno())
            if not stat.S_ISREG(state.st_mode):
                self._skip(path, "not a regular file")
            elif state.st_size > self.total_bytes:
                self._skip(path, "the files together are larger than a run may leave")
            else:
                self.total_bytes -= state.st_size
                reason = self.keep(_readable(path), content)
                if reason is None:
                    self._kept += 1
                else:
                    self._skip(path, reason)

    def _skip(self, path: str, reason: str) -> None:
        if len(self.skipped) < _LONGEST_SKIP_LIST:
            self.skipped.append(f"{_readable(path)[:_LONGEST_NAME]}: {reason}")
        else:
            self._more_skipped += 1


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISLNK, "a link"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")


def _readable(path: str) -> str:
    """Return a path that is text and does nothing to a screen, whatever bytes the run gave it."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "_" for character in text)
