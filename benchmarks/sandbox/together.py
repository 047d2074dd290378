"""What a machine loses when all of its cores work: caches, memory and clock rate are shared."""

import os
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sandbox.contest import timed
from benchmarks.sandbox.jobs import Job, write_data
from benchmarks.sandbox.processes import plain
from benchmarks.sandbox.ways import Way


def slowdown(job: Job, folder: Path, rounds: int) -> float:
    """Return how many times as long a job takes plain `python3` when every core does one at once.

    Nothing that is built on processes can be better than this. Alone and together take turns;
    of both it is the median.

    Raises:
        BenchmarkError: the job failed.
    """
    ways = [_in_a_folder_of_its_own(job, folder / f"core-{core}") for core in range(_cores())]
    alone_ms: list[float] = []
    together_ms: list[float] = []
    for _ in range(rounds):
        alone_ms.append(timed(ways[0], job)[1])
        together_ms += _all_at_once(ways, job)
    return statistics.median(together_ms) / statistics.median(alone_ms)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _in_a_folder_of_its_own(job: Job, folder: Path) -> Way:
    folder.mkdir()
    write_data(job, folder)
    return plain(folder)


def _all_at_once(ways: Sequence[Way], job: Job) -> list[float]:
    """Return the milliseconds of each."""
    taken_ms: list[float] = []

    def run(way: Way) -> None:
        began = time.perf_counter()
        way.run(job)
        taken_ms.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=run, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken_ms
