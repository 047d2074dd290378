"""What `/proc` tells of a run's processes: proc(5)."""

import time
from collections.abc import Iterator
from pathlib import Path

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.0001, 0.002


def comes_to_rest(pid: int, timeout_s: float) -> bool:
    """Tell whether a process that was sent SIGSTOP stops within that time, and has no children.

    Whoever is orphaned in a pid namespace becomes a child of its first process:
    when that one is stopped and has none, nobody else is there.

    Raises:
        OSError: it is gone, or cannot be looked at.
    """
    end, pause_s = time.monotonic() + timeout_s, _FIRST_PAUSE_S
    while not all(_is_stopped(thread) for thread in _threads(pid)):
        if time.monotonic() > end:
            return False
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return not has_children(pid)


def has_children(pid: int) -> bool:
    """Tell whether any thread of a process has a child.

    Raises:
        OSError: it is gone, or cannot be looked at.
    """
    return any((thread / "children").read_text(encoding="ascii") for thread in _threads(pid))


def _threads(pid: int) -> Iterator[Path]:
    return Path(f"/proc/{pid}/task").iterdir()


def _is_stopped(thread: Path) -> bool:
    """Read the state behind the name, which is in brackets and may hold any character."""
    return (thread / "stat").read_bytes().rpartition(b") ")[2].startswith(b"T")
