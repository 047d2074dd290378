"""An hour of chat of 200 people, in minutes; `make chat-load` runs it, with the options of ARGS."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.chat.findings import GOAL_S, Findings, find, percentile
from benchmarks.chat.hour import QUICK, Plan, pass_hour
from benchmarks.chat.house import house
from benchmarks.page import load
from benchmarks.sandbox.machine import describe_machine

SHOWN = 20
HEADER = ("what people do", "times", "first reaction p50 s", "p95 s", "longest s", "whole answer p95 s")


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0, or 1 when something was lost, doubled, unanswered or too late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, help="how many (200)")
    parser.add_argument("--minutes", type=float, help="into how long the hour is pressed (4)")
    parser.add_argument("--seed", type=int, default=1, help="of what is done when (1)")
    parser.add_argument("--quick", action="store_true", help="some seconds of 20 people")
    parser.add_argument("--folder", type=Path, help="where the bot's data and log stay (a temporary one)")
    options = parser.parse_args(arguments)
    plan = replace(QUICK if options.quick else Plan(), seed=options.seed)
    if options.people:
        plan = replace(plan, people=options.people)
    if options.minutes:
        plan = replace(plan, lasts_s=options.minutes * 60)
    before = load()
    with tempfile.TemporaryDirectory() as name:
        findings = measure(plan, options.folder or Path(name))
    print(f"{describe_machine()}; load {before} before and {load()} after.\n\n{report(findings)}")
    return int(bool(findings.mistakes) or findings.p95_s > GOAL_S)


def measure(plan: Plan, folder: Path) -> Findings:
    """Let the hour pass, and return what it shows."""
    with house(folder) as there:
        hour = pass_hour(there, plan)
    return find(hour, there, folder / "data")


def report(findings: Findings) -> str:
    """Return the figures in Markdown."""
    ruler = ["---", *["--:"] * (len(HEADER) - 1)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (HEADER, ruler, *findings.rows))
    late = findings.lateness_s
    beats = (
        f"{len(late)} heartbeats, off their time by {percentile(late, 50) * 1000:.0f} ms (p50), "
        f"{percentile(late, 99) * 1000:.0f} ms (p99), {max(late, default=0) * 1000:.0f} ms at most."
    )
    mistakes = findings.mistakes
    lines = [f"- {mistake}" for mistake in mistakes[:SHOWN]]
    verdict = (
        "\n".join([f"{len(mistakes)} mistakes:", *lines])
        if mistakes
        else ("No file was lost or doubled, no message is without an answer.")
    )
    return "\n\n".join([table, *findings.notes, beats, verdict])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
