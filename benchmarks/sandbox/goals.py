"""What the figures should be."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.sandbox.contest import Times
from benchmarks.sandbox.crowd import Crowd
from benchmarks.sandbox.entrants import NSJAIL, PLAIN, SAVING, UNSAVED, WARM_KERNEL
from benchmarks.sandbox.imports import Imports
from benchmarks.sandbox.jobs import CHART, HELLO
from benchmarks.sandbox.percentiles import Percentiles


@dataclass(frozen=True)
class Goal:
    """A figure that should be at most `limit`; `here` is None where it could not be measured."""

    words: str
    limit: float
    here: float | None

    @property
    def verdict(self) -> str:
        """Whether it is reached."""
        if self.here is None:
            return "not measured"
        return "met" if self.here <= self.limit else "missed"


def goals(
    times: Times, percentiles: Mapping[str, Percentiles], crowds: Sequence[Crowd], imports: Sequence[Imports]
) -> Iterator[Goal]:
    """Yield each goal beside its figure."""
    yield Goal("hello : warm Jupyter kernel", 0.9, times.ratio(UNSAVED, WARM_KERNEL, HELLO))
    yield Goal("hello : plain `python3`", 0.42, times.ratio(UNSAVED, PLAIN, HELLO))
    yield Goal("hello : nsjail", 0.27, times.ratio(UNSAVED, NSJAIL, HELLO))
    yield Goal("hello with both saves : plain `python3`", 0.8, times.ratio(SAVING, PLAIN, HELLO))
    yield Goal("chart : plain `python3`", 0.34, times.ratio(UNSAVED, PLAIN, CHART))
    yield Goal("chart : warm Jupyter kernel", 1.06, times.ratio(UNSAVED, WARM_KERNEL, CHART))
    for name in (UNSAVED, SAVING):
        if hellos := percentiles.get(name):
            yield Goal(f"p99 : p50 of {hellos.count} hellos, {name}", 3.0, hellos.spread)
    count = len(crowds[0].runs)
    ratio, work_ratio = (
        statistics.median(ratios)
        for ratios in zip(*((each.ratio, each.work_ratio) for each in crowds), strict=True)
    )
    yield Goal(f"{count} runs at once : ideal", 1.15, ratio)
    yield Goal(f"{count} runs at once : their work, shared by the cores", 1.15, work_ratio)
    pushed_back = sum(bool(wait.behind) for crowd in crowds for wait in crowd.first_waits())
    yield Goal("users whose first run began after another's second", 0, pushed_back)
    for each in imports:
        yield Goal(f"first import of a small package from {each.index}, s", 1.5, each.median_first_s)
        yield Goal(f"its import from the layer cache, from {each.index} before, s", 0.3, each.median_again_s)
