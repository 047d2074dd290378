"""Where control groups are not to be had: add up the memory of a run's processes.

The kernel holds memory for a process beyond its pages: page tables, the list of its
mappings, and what lies unread in its sockets and pipes. All of it counts here, since
a run could otherwise hide in it. So does a process that lets nobody look.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import accumulate
from pathlib import Path

from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.groups import RunGroup

_PROC = Path("/proc")
_KIBIBYTE = 1024
_WMEM_MAX = Path("/proc/sys/net/core/wmem_max")
_USUAL_WMEM_MAX = 208 * _KIBIBYTE
_USUAL_PIPE = 64 * _KIBIBYTE
_RESIDENT = ("VmRSS", "VmPTE")
_PAGE_BYTES = 4 * _KIBIBYTE
_MAPPING_BYTES = 256  # `struct vm_area_struct` and its place in the tree
_MOST_MAPPINGS = 65_530  # vm.max_map_count, unless somebody raised it


class WatchedRun:
    """The processes below one process; orphans among them become its children."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._pid = 0

    def add(self, pid: int) -> None:
        """Watch this process and its descendants."""
        self._pid = pid

    def is_over_memory(self) -> bool:
        """Tell whether they hold too much: by a quick upper bound, and exactly when that is too high.

        Exactly means that shared pages count once (PSS), and so do shared sockets.
        """
        pids = descendants(self._pid) if self._pid else []
        if any(map(is_hidden, pids)):
            return True
        bound = sum(most_bytes(pid) + len(_open_files(pid)) * bytes_per_socket() for pid in pids)
        if bound <= self._limit_bytes:
            return False
        held = accumulate(
            (proportional_bytes(pid) + mapping_bytes(pid) for pid in pids), initial=unread_bytes(pids)
        )
        return any(total > self._limit_bytes for total in held)

    def remove(self) -> None:
        """Nothing to remove."""


class Watchdog:
    """Groups that are looked at a few times a second."""

    mechanism = "watchdog on summed memory"

    def __init__(self, config: SandboxConfig) -> None:
        self._limit_bytes = config.memory_bytes

    def new(self, name: str) -> RunGroup:
        """Make a group."""
        del name
        return WatchedRun(self._limit_bytes)


def descendants(pid: int) -> list[int]:
    """Return `pid` and every process below it that can be seen now."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        found.append(parent)
        for task in _listed(_PROC / str(parent) / "task"):
            with suppress(OSError):
                waiting += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return found


def resident_bytes(pid: int) -> int:
    """Return a process's pages in memory and their page tables, 0 when it is gone."""
    with suppress(OSError):
        return sum(size for name, size in _sizes(pid, "status") if name in _RESIDENT)
    return 0


def proportional_bytes(pid: int) -> int:
    """Return a process's share of pages and its page tables; all pages where the kernel does not tell."""
    with suppress(OSError):
        pages = next(size for name, size in _sizes(pid, "smaps_rollup") if name == "Pss")
        return pages + sum(size for name, size in _sizes(pid, "status") if name == "VmPTE")
    return resident_bytes(pid)


def unshared_bytes(pid: int) -> int:
    """Return a process's pages that no other has; 0 when it is gone, or the kernel does not tell."""
    with suppress(OSError):
        return sum(size for name, size in _sizes(pid, "smaps_rollup") if name.startswith("Private_"))
    return 0


def most_bytes(pid: int) -> int:
    """Return at once what a process may hold at most, its files apart; 0 when it is gone."""
    with suppress(OSError):
        sizes = dict(_sizes(pid, "status"))
        mappings = min(sizes.get("VmSize", 0) // _PAGE_BYTES, _MOST_MAPPINGS)
        return sum(sizes.get(name, 0) for name in _RESIDENT) + mappings * _MAPPING_BYTES
    return 0


def mapping_bytes(pid: int) -> int:
    """Return what the kernel needs to remember a process's mappings."""
    with suppress(OSError):
        return (_PROC / str(pid) / "maps").read_bytes().count(b"\n") * _MAPPING_BYTES
    return 0


def is_hidden(pid: int) -> bool:
    """Tell whether a process that has memory keeps it from being looked at: it then counts as too much.

    A program that its user may execute and not read makes such a process. One that is
    at its end cannot be looked at either, and has no memory left.
    """
    try:
        next((_PROC / str(pid) / "fd").iterdir(), None)
    except PermissionError:
        return resident_bytes(pid) > 0
    except OSError:
        pass  # gone
    return False


def unread_bytes(pids: list[int]) -> int:
    """Return the most that the sockets and pipes of these processes can hold."""
    found: set[str] = set()
    for pid in pids:
        for file in _open_files(pid):
            with suppress(OSError):
                found.add(str(file.readlink()))
    rooms = {"socket": bytes_per_socket(), "pipe": _USUAL_PIPE}
    return sum(rooms.get(target.partition(":")[0], 0) for target in found)


@cache
def bytes_per_socket() -> int:
    """Return the most that a socket may hold unread: twice what the kernel grants a sender."""
    try:
        return 2 * int(_WMEM_MAX.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 2 * _USUAL_WMEM_MAX


def _sizes(pid: int, file: str) -> Iterator[tuple[str, int]]:
    """Yield the sizes of a file of proc(5), in bytes, by name."""
    for line in (_PROC / str(pid) / file).read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            yield name, int(value.split()[0]) * _KIBIBYTE


def _open_files(pid: int) -> list[Path]:
    return _listed(_PROC / str(pid) / "fd")


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []
