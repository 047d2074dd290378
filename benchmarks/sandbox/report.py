"""The figures in Markdown."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.page import PAGE, put, table
from benchmarks.sandbox.contest import Times
from benchmarks.sandbox.crowd import Crowd
from benchmarks.sandbox.entrants import PLAIN
from benchmarks.sandbox.goals import Goal
from benchmarks.sandbox.imports import Imports
from benchmarks.sandbox.jobs import Job
from benchmarks.sandbox.percentiles import Percentiles


def times_table(times: Times, ways: Iterable[str], jobs: Sequence[Job]) -> str:
    """Return a row for each way, three columns for each job."""
    header = [cell for job in jobs for cell in (f"{job.name} ms", "min", ": plain")]
    rows = [[way, *(cell for job in jobs for cell in _cells(times, way, job))] for way in ways]
    return table(["median of runs", *header], rows)


def percentiles_table(percentiles: Mapping[str, Percentiles]) -> str:
    """Return a row for each way."""
    rows = []
    for name, each in percentiles.items():
        figures = (each.p50_ms, each.p99_ms, each.longest_ms, each.spread)
        rows.append([name, str(each.count), *(f"{value:.1f}" for value in figures)])
    header = ["hellos one after the other", "runs", "p50 ms", "p99 ms", "longest ms", "p99 : p50"]
    return table(header, rows)


def crowd_lines(crowds: Sequence[Crowd], job: Job) -> str:
    """Return in words what became of the crowd in the middle, by its ratio to the ideal, and of all."""
    ordered = sorted(crowds, key=lambda crowd: crowd.ratio)
    ratios = ", ".join(f"{crowd.ratio:.2f}" for crowd in ordered)
    return f"{_crowd_lines(ordered[len(ordered) // 2], job)}\nAll crowds took, times the ideal: {ratios}."


def _crowd_lines(crowd: Crowd, job: Job) -> str:
    first, *_ = waits = crowd.first_waits()
    answered_s = max(wait.run.answered_s for wait in waits)
    behind = "; ".join(f"{wait.run.user_id} behind {', '.join(wait.behind)}" for wait in waits if wait.behind)
    count, alone, slowdown = len(crowd.runs), f"{crowd.single_s:.3f}", f"{crowd.slowdown:.2f}"
    return (
        f"{count} runs of {len(waits)} users at once (job {job.name}, ledger and files saved): "
        f"{crowd.wall_s:.2f} s. Straight one after the other each takes {alone} s. "
        f"Plain `python3` needs {slowdown} times as long for the job when each of the {crowd.cores} cores "
        f"does one. So the ideal is {count} x {alone} / "
        f"{crowd.cores} x {slowdown} = {crowd.ideal_s:.2f} s; it took {crowd.ratio:.2f} times that "
        f"({crowd.ratio * crowd.slowdown:.2f} times what cores that share nothing would need).\n"
        f"With all that is done for it, each takes {crowd.processor_s:.3f} s of a processor then. "
        f"The work of {count} is {crowd.work_s:.2f} s for {crowd.cores} cores; "
        f"it took {crowd.work_ratio:.2f} times that.\n"
        f"The longest wait for the start of a user's first run: {first.run.waited_s:.2f} s "
        f"({first.run.user_id}); for its result: {answered_s:.2f} s. First runs that waited while another's "
        f"second got its turn: {behind or 'none'}."
    )


def imports_table(imports: Iterable[Imports]) -> str:
    """Return a row for each index."""
    rows = [
        [
            each.index,
            str(len(each.first_s)),
            *map(_median_and_longest, (each.first_s, each.again_s, each.hello_s)),
        ]
        for each in imports
    ]
    header = ["packages from", "packages", "first import s", "from the layer cache s", "hello beside it s"]
    return (
        table(header, rows)
        + "\n\nRuns with the import in them from the question to the answer: median (longest)."
    )


def goals_table(goals: Iterable[Goal]) -> str:
    """Return a row for each goal."""
    rows = [
        [each.words, f"{each.limit:g}", "-" if each.here is None else f"{each.here:.2f}", each.verdict]
        for each in goals
    ]
    return table(["goal", "at most", "here", ""], rows)


def write(report: str, page: Path = PAGE) -> None:
    """Put the report between the markers of a page.

    Raises:
        BenchmarkError: the page has no such markers.
    """
    put("bench-sandbox", report, page)


def _cells(times: Times, way: str, job: Job) -> list[str]:
    median_ms, ratio = times.median_ms(way, job), times.ratio(way, PLAIN, job)
    if median_ms is None or ratio is None:
        return ["-"] * 3
    return [f"{median_ms:.1f}", f"{min(times.all_ms[way, job.name]):.1f}", f"{ratio:.2f}"]


def _median_and_longest(times_s: Sequence[float]) -> str:
    return f"{statistics.median(times_s):.2f} ({max(times_s):.2f})"
