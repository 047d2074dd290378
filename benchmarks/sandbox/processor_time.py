"""How much work was done: processor time of this process, and of all that it and those started."""

import os
from pathlib import Path

from infrastructure.sandbox.watchdog import descendants

_TIMES = slice(11, 15)  # proc_pid_stat(5), behind the name: its own in user and kernel mode, and its dead's


def processor_s() -> float:
    """Return the seconds that all of them have used so far; the kernel's own threads are not among them."""
    return sum(map(_ticks, descendants(os.getpid()))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # gone, and counted by who buried it
        return 0
    return sum(map(int, stat.rpartition(")")[2].split()[_TIMES]))
