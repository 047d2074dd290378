"""What of a folder would be there after a power cut, told from the syncs that were asked for.

The model is the strictest that POSIX allows: a file's bytes are durable as they were at its last
fsync, a folder's names as they were at the folder's last fsync; a rename, a creation or a removal
whose folder was not synced is undone. A real disk keeps more, and in any mixture: `Cut` has three.
"""

import os
import random
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.support.supervised.calls import Call

PAGE_BYTES = 4096
_SYNCS = {"fsync", "fdatasync"}


class Cut(StrEnum):
    """What of the unsynced reaches the disk."""

    NOTHING = "nothing"
    NAMES = "names without bytes"
    SOME = "some pages of some files"


@dataclass(frozen=True)
class _Entry:
    """A name in a folder: which file or folder it leads to."""

    inode: int
    is_folder: bool


class Disk:
    """Follows the folder `root`: what there is at first is durable."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bytes: dict[int, bytes] = {}
        self._names: dict[int, dict[str, _Entry]] = {}
        self._pinned: dict[int, int] = {}
        for folder, _, files in os.walk(root):
            self._keep(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
            for name in files:
                self._keep(os.open(f"{folder}/{name}", os.O_RDONLY))

    def close(self) -> None:
        """Let go of the files that were followed."""
        for descriptor in self._pinned.values():
            os.close(descriptor)
        self._pinned.clear()

    def note(self, call: Call) -> None:
        """Take over what a sync, about to be made, makes durable."""
        if call.name in _SYNCS:
            self._keep(os.open(f"/proc/{call.thread}/fd/{call.arguments[0]}", os.O_RDONLY))

    def _keep(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = {
                name: self._pin(descriptor, name) for name in os.listdir(descriptor)
            }
        else:
            self._bytes[status.st_ino] = os.pread(descriptor, status.st_size, 0)
        self._hold(status.st_ino, descriptor)

    def _pin(self, folder: int, name: str) -> _Entry:
        descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
        status = os.fstat(descriptor)
        self._hold(status.st_ino, descriptor)
        return _Entry(status.st_ino, stat.S_ISDIR(status.st_mode))

    def _hold(self, inode: int, descriptor: int) -> None:
        """Keep the file open: as long as it is, no new one gets its number."""
        if inode in self._pinned:
            os.close(descriptor)
        else:
            self._pinned[inode] = descriptor

    def write_after(self, cut: Cut, target: Path) -> None:
        """Make `target` what the folder would be if the power went now."""
        if cut is Cut.NOTHING:
            self._write_names(self._root.stat().st_ino, target)
        else:
            self._write_live(self._root, target, cut)

    def _write_names(self, folder: int, target: Path) -> None:
        target.mkdir(mode=0o700)
        for name, entry in self._names.get(folder, {}).items():
            if entry.is_folder:
                self._write_names(entry.inode, target / name)
            else:
                self._write_file(target / name, self._bytes.get(entry.inode, b""))

    def _write_live(self, folder: Path, target: Path, cut: Cut) -> None:
        target.mkdir(mode=0o700)
        for path in folder.iterdir():
            if path.is_dir():
                self._write_live(path, target / path.name, cut)
                continue
            durable = self._bytes.get(path.stat().st_ino, b"")
            torn = cut is Cut.SOME and random.random() < 0.5
            self._write_file(target / path.name, _torn(durable, path.read_bytes()) if torn else durable)

    def _write_file(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        path.chmod(0o600)


def _torn(durable: bytes, newest: bytes) -> bytes:
    """Return a mixture of pages of both, cut off somewhere beyond what is durable."""
    most = max(len(durable), len(newest))
    size = random.randint(min(len(durable), len(newest)), most)
    pages = range(0, size, PAGE_BYTES)
    mixed = b"".join(
        random.choice((durable, newest))[at : at + PAGE_BYTES].ljust(PAGE_BYTES, b"\0") for at in pages
    )
    return mixed[:size]
