"""How evenly runs start: percentiles of many hellos, one after the other."""

import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sandbox.contest import timed
from benchmarks.sandbox.jobs import HELLO, Job
from benchmarks.sandbox.ways import Way

_PAUSE_S = 0.05  # eight of ours a second without an end: more than people of a machine this size ask for
_APPENDED_BYTES = 4096
APPEND = "appending 4 kB to a file, durable"


class Append:
    """Nothing but what saving needs of the machine: a page at the end of a file, durable."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "appended"

    def run(self, job: Job) -> str:
        """Append."""
        del job
        with self._path.open("ab", buffering=0) as file:
            file.write(bytes(_APPENDED_BYTES))
            os.fsync(file.fileno())
        return ""

    def finish(self, job: Job) -> bytes:
        """Have made no picture."""
        del job
        return b""


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds that half and 99 of 100 runs do not exceed, and the longest of all `count`."""

    count: int
    p50_ms: float
    p99_ms: float
    longest_ms: float

    @property
    def spread(self) -> float:
        """How many times the p50 the p99 is."""
        return self.p99_ms / self.p50_ms


def hello_percentiles(ways: Mapping[str, Way], count: int) -> dict[str, Percentiles]:
    """Return the percentiles of `count` hellos each way; the ways take turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            taken[name].append(timed(way, HELLO, _PAUSE_S)[1])
    return {name: _percentiles(times) for name, times in taken.items()}


def _percentiles(times: list[float]) -> Percentiles:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Percentiles(len(times), cuts[49], cuts[98], max(times))
