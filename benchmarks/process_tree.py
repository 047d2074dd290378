"""What the program's processes take, as the kernel counts it (proc_pid_smaps(5), proc_pid_stat(5))."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One process. Of pages that several share, `pss_mb` counts each its part; `rss_mb` counts all."""

    pid: int
    pss_mb: float
    rss_mb: float
    threads: int
    descriptors: int


def processes_of(pid: int) -> Sequence[Process]:
    """Return a process and all that descend from it; one that ends meanwhile is left out."""
    return [process for each in _family(pid) if (process := _look(each)) is not None]


def _family(pid: int) -> Iterator[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            _, _, fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
            children[int(fields.split()[1])].append(int(folder.name))
    waiting = [pid]
    while waiting:
        waiting += children[found := waiting.pop()]
        yield found


def _look(pid: int) -> Process | None:
    folder = PROC / str(pid)
    with suppress(OSError):
        pages = _fields(folder / "smaps_rollup")
        threads = _fields(folder / "status").get("Threads", 0)
        descriptors = len(list((folder / "fd").iterdir()))
        pss_mb, rss_mb = (pages.get(name, 0) / 1024 for name in ("Pss", "Rss"))
        return Process(pid, pss_mb, rss_mb, threads, descriptors)
    return None


def _fields(path: Path) -> dict[str, int]:
    """Return the numbers of a file of lines such as `Pss:   12 kB`."""
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, rest = line.partition(":")
        with suppress(ValueError, IndexError):
            found[name] = int(rest.split()[0])
    return found
