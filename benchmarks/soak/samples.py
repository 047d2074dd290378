"""What is looked at every few seconds, and how it grew."""

import os
import statistics
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

from benchmarks.load.bot import mongodb_mb
from benchmarks.process_tree import processes_of
from benchmarks.soak.live_bytes import LiveBytes

CGROUPS = Path("/sys/fs/cgroup")
PASSING = ("staging", "sandbox", "runners", "chat/waiting")
"""Folders of the data folder in which nothing is kept for long."""


@dataclass(frozen=True)
class Sample:
    """One look, `at_s` seconds after the beginning.

    `rss_mb` is the bot's process alone; `pss_mb` counts the sandbox in, as do `processes`,
    `threads` and `descriptors`. `temporary` counts files and folders that should pass.
    `stray_bytes` are on disk for users, and no live file's.
    """

    at_s: float
    rss_mb: float
    pss_mb: float
    processes: int
    threads: int
    descriptors: int
    cgroups: int
    temporary: int
    live_bytes: int
    stray_bytes: int
    kept_bytes: int
    mongodb_mb: float


@dataclass(frozen=True)
class Bound:
    """How much a figure may grow, by the line fitted to it, from the warm-up's end to the end."""

    name: str
    words: str
    most: float

    def growth(self, samples: Sequence[Sample]) -> float:
        """Return how much it grew."""
        times, values = [each.at_s for each in samples], self.values(samples)
        slope, _ = statistics.linear_regression(times, values)
        return slope * (times[-1] - times[0])

    def values(self, samples: Sequence[Sample]) -> list[float]:
        """Return the figure of each sample."""
        return [asdict(each)[self.name] for each in samples]


BOUNDS: Sequence[Bound] = (
    Bound("rss_mb", "resident memory of the bot, MB", 8),
    Bound("pss_mb", "memory of bot and sandbox, shared pages counted once, MB", 16),
    Bound("descriptors", "open descriptors", 4),
    Bound("threads", "threads", 4),
    Bound("processes", "processes", 3),
    Bound("cgroups", "control groups", 3),
    Bound("temporary", "temporary files and folders", 4),
    Bound("stray_bytes", "bytes on disk that are no live file's", 50_000),
)


class Sampler:
    """Looks at a bot and its data folder."""

    def __init__(self, pid: int, data_dir: Path, temporary: Path) -> None:
        self._pid, self._data_dir, self._temporary = pid, data_dir, temporary
        self._live = LiveBytes(data_dir)
        self._began_s = monotonic()

    def look(self) -> Sample:
        """Take a sample."""
        processes = processes_of(self._pid)
        on_disk = _size_bytes(self._data_dir / "user_files")
        live = self._live.total()
        passing = [self._temporary, *(self._data_dir / name for name in PASSING)]
        return Sample(
            at_s=monotonic() - self._began_s,
            rss_mb=processes[0].rss_mb,
            pss_mb=sum(process.pss_mb for process in processes),
            processes=len(processes),
            threads=sum(process.threads for process in processes),
            descriptors=sum(process.descriptors for process in processes),
            cgroups=_groups(f"fileledger-{self._pid}-"),
            temporary=sum(len(list(folder.rglob("*"))) for folder in passing),
            live_bytes=live,
            stray_bytes=max(0, on_disk - live),
            kept_bytes=_size_bytes(self._data_dir),
            mongodb_mb=mongodb_mb(self._data_dir),
        )

    def close(self) -> None:
        """Close the ledger."""
        self._live.close()


@contextmanager
def sampled(sampler: Sampler, interval_s: float, note: Callable[[Sample], None]) -> Iterator[None]:
    """Take samples while the block goes on.

    Raises:
        Exception: a look failed.
    """
    over, faults = threading.Event(), list[Exception]()

    def watch() -> None:
        try:
            while not over.wait(interval_s):
                note(sampler.look())
        except Exception as fault:  # noqa: BLE001 - raised when the block ends
            faults.append(fault)
        finally:
            sampler.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if faults:
        raise faults[0]


def _groups(prefix: str) -> int:
    """Count the control groups of one bot; `os.walk` passes over those that go meanwhile."""
    return sum(name.startswith(prefix) for _, names, _ in os.walk(CGROUPS) for name in names)


def _size_bytes(folder: Path) -> int:
    return sum(_size_of(Path(parent, name)) for parent, _, names in os.walk(folder) for name in names)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it went meanwhile
        return 0
