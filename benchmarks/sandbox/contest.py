"""All ways do all jobs in turns, so that a busy machine is busy for each of them."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.page import BenchmarkError
from benchmarks.sandbox.jobs import Job
from benchmarks.sandbox.ways import PYTHON, Way

PAUSE_S = 0.05  # nobody sends a job in the moment that the last one ends
_OPEN_PICTURES = """
import sys
from PIL import Image
for path in sys.argv[1:]:
    with Image.open(path) as image:
        image.load()
        print(image.format, *image.size)
"""


@dataclass
class Times:
    """Milliseconds that each job took each way, by (way, job)."""

    all_ms: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, way: str, job: Job, taken_ms: float) -> None:
        """Add one run."""
        self.all_ms.setdefault((way, job.name), []).append(taken_ms)

    def median_ms(self, way: str, job: Job) -> float | None:
        """Return the median, None for what did not run."""
        taken = self.all_ms.get((way, job.name))
        return statistics.median(taken) if taken else None

    def ratio(self, way: str, other: str, job: Job) -> float | None:
        """Return how many times as long one way takes as the other, by their medians."""
        one, another = self.median_ms(way, job), self.median_ms(other, job)
        return one / another if one and another else None


def compete(ways: Mapping[str, Way], jobs: Sequence[Job], rounds: int) -> Times:
    """Return how long everything took.

    Raises:
        BenchmarkError: a job failed, or two ways did not come to the same.
    """
    times, printed, pictures = Times(), dict[str, str](), dict[str, bytes]()
    for _ in range(rounds):
        for job in jobs:
            for name, way in ways.items():
                text, taken_ms = timed(way, job)
                times.add(name, job, taken_ms)
                if (expected := printed.setdefault(job.name, text)) != text:
                    message = f"{name} printed {text!r} for the job {job.name}, and others {expected!r}"
                    raise BenchmarkError(message)
                if picture := way.finish(job):
                    pictures[f"{job.name} {name}"] = picture
    if pictures:
        _check(pictures)
    return times


def timed(way: Way, job: Job, pause_s: float = PAUSE_S) -> tuple[str, float]:
    """Return what a job printed, and the milliseconds that it took."""
    time.sleep(pause_s)
    began = time.perf_counter()
    text = way.run(job)
    return text, (time.perf_counter() - began) * 1000


def _check(pictures: Mapping[str, bytes]) -> None:
    """See that all pictures open and have one size."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.png") for number, _ in enumerate(pictures)]
        for path, picture in zip(paths, pictures.values(), strict=True):
            path.write_bytes(picture)
        command = [str(PYTHON), "-c", _OPEN_PICTURES, *map(str, paths)]
        opened = subprocess.run(command, capture_output=True, text=True, check=False)
    if opened.returncode or len(set(opened.stdout.splitlines())) > 1:
        message = f"the pictures of {', '.join(pictures)} differ: {opened.stdout}{opened.stderr}"
        raise BenchmarkError(message)
