"""Measures and prints; `make bench-sandbox` runs it, with the options of ARGS."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.page import PAGE, BenchmarkError, load
from benchmarks.sandbox import report
from benchmarks.sandbox.contest import compete
from benchmarks.sandbox.crowd import gather
from benchmarks.sandbox.entrants import PLAIN, SAVING, UNSAVED, WARM_KERNEL, Entrants, entrants
from benchmarks.sandbox.goals import goals
from benchmarks.sandbox.imports import import_what_is_missing
from benchmarks.sandbox.jobs import CHART, FIT, HELLO, Job, write_data
from benchmarks.sandbox.machine import describe_machine
from benchmarks.sandbox.percentiles import APPEND, Append, hello_percentiles
from benchmarks.sandbox.together import slowdown
from benchmarks.sandbox.ways import Way


@dataclass(frozen=True)
class Plan:
    """How much is measured. What is `rehearsed` fills caches, and a warm kernel's memory, for all others."""

    jobs: tuple[Job, ...] = (HELLO, CHART, FIT)
    rounds: int = 15
    rehearsed: tuple[str, ...] = (PLAIN, WARM_KERNEL, SAVING)
    with_installed: bool = True
    hellos: int = 500
    users: int = 5
    runs_each: int = 4
    crowd_job: Job = CHART
    crowds: int = 5
    pairs: int = 5
    packages: int = 9


QUICK = Plan(
    jobs=(HELLO, CHART),
    rounds=1,
    rehearsed=(),
    with_installed=False,
    hellos=5,
    users=2,
    runs_each=2,
    crowd_job=HELLO,
    crowds=1,
    pairs=1,
    packages=1,
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write if asked to; 0, or 1 with a line that says why there is no result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, help="runs of each job each way (15)")
    parser.add_argument("--quick", action="store_true", help="a few runs, without the peers of wheels")
    parser.add_argument("--write", action="store_true", help=f"put the result into {PAGE.name}, too")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else Plan()
    try:
        text = measure(plan if options.rounds is None else replace(plan, rounds=options.rounds))
        print(text)
        if options.write:
            report.write(text)
    except BenchmarkError as error:
        print(f"bench-sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def measure(plan: Plan) -> str:
    """Return the report.

    Raises:
        BenchmarkError: something failed, so that there is nothing to compare.
    """
    before, began = load(), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        for job in plan.jobs:
            write_data(job, Path(name))
        with entrants(Path(name), plan.jobs, with_installed=plan.with_installed) as ready:
            parts = _measured(plan, ready, Path(name))
    head = (
        f"{describe_machine()}; load {before} before and {load()} after {time.monotonic() - began:.0f} s; "
        f"each way {plan.rounds} times, in turns."
    )
    return "\n\n".join([head, *parts])


def _measured(plan: Plan, ready: Entrants, folder: Path) -> list[str]:
    _say("the jobs, all ways in turns")
    compete({name: ready.ways[name] for name in ready.ways if name in plan.rehearsed}, plan.jobs, 1)
    times = compete(ready.ways, plan.jobs, plan.rounds)
    _say("percentiles")
    hellos: dict[str, Way] = {name: ready.ways[name] for name in (PLAIN, UNSAVED, SAVING)}
    percentiles = hello_percentiles(hellos | {APPEND: Append(folder)}, plan.hellos)
    _say("many runs at once")
    users = [f"user-{number}" for number in range(1, plan.users + 1)]
    job = plan.crowd_job
    for user_id in users if job.data else ():
        ready.house.upload(user_id, folder / job.data)
    slower = slowdown(job, folder, plan.pairs)
    crowds = [gather(ready.house, job, users, plan.runs_each, slower) for _ in range(plan.crowds)]
    _say("imports of packages that are not there")
    imports = list(import_what_is_missing(folder / "imports", plan.packages))
    parts = [
        report.times_table(times, ready.ways, plan.jobs),
        report.percentiles_table(percentiles),
        report.crowd_lines(crowds, job),
        report.imports_table(imports),
        report.goals_table(goals(times, percentiles, crowds, imports)),
    ]
    return parts + ["Left out: " + "; ".join(ready.left_out)] * bool(ready.left_out)


def _say(step: str) -> None:
    print(f"bench-sandbox: {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
