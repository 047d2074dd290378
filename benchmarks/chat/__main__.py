"""An hour of chat of 200 people, in minutes; `make chat-load` runs it, with the options of ARGS."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.chat.findings import GOAL_S, Findings, find, percentile
from benchmarks.chat.heartbeats import PEOPLE, evenness
from benchmarks.chat.hour import QUICK, Plan, pass_hour
from benchmarks.chat.house import house
from benchmarks.page import PAGE, Goal, goals_table, load, put, table
from benchmarks.sandbox.machine import describe_machine

SHOWN = 20
SECTION = "chat-load"
"""Between whose markers the figures stand, and on which page."""
DISCORD_PAGE = PAGE.with_name("discord.md")
HEADER = ("what people do", "times", "first reaction p50 s", "p95 s", "longest s", "whole answer p95 s")


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0, or 1 when something was lost, doubled, unanswered or too late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, help="how many (200)")
    parser.add_argument("--minutes", type=float, help="into how long the hour is pressed (4)")
    parser.add_argument("--seed", type=int, default=1, help="of what is done when (1)")
    parser.add_argument("--quick", action="store_true", help="some seconds of 20 people")
    parser.add_argument("--write", action="store_true", help=f"put the result into docs/{DISCORD_PAGE.name}")
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
    told = f"{describe_machine()}; load {before} before and {load()} after.\n\n{report(findings)}"
    if not options.quick:
        told += f"\n\n{heartbeats()}"
    print(told)
    if options.write:
        put(SECTION, told, DISCORD_PAGE)
    return int(bool(findings.mistakes) or findings.p95_s > GOAL_S)


def measure(plan: Plan, folder: Path) -> Findings:
    """Let the hour pass, and return what it shows."""
    with house(folder) as there:
        hour = pass_hour(there, plan)
    return find(hour, there, folder / "data")


def heartbeats() -> str:
    """Return how even the heartbeats stay under many runs, in Markdown."""
    lines = [
        f"Heartbeats, one each 100 ms, while {PEOPLE} people run code that computes for 3 s, were off by:"
    ]
    for name, at_once in (("as many runs at once as the bot lets in", None), ("all runs at once", PEOPLE)):
        with tempfile.TemporaryDirectory() as folder:
            lines.append(f"- {evenness(Path(folder), at_once).line(name)}")
    return "\n".join([lines[0], "", *lines[1:]])


def report(findings: Findings) -> str:
    """Return the figures in Markdown."""
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
    goals = goals_table(goals_of(findings))
    return "\n\n".join([table(HEADER, findings.rows), *findings.notes, beats, verdict, goals])


def goals_of(findings: Findings) -> Sequence[Goal]:
    """Return the goals beside what was found."""
    wrong = len(findings.mistakes)
    return [
        Goal(
            "95 of 100 first reactions, s",
            f"<= {GOAL_S:g}",
            f"{findings.p95_s:.2f}",
            findings.p95_s <= GOAL_S,
        ),
        Goal("files lost or doubled, messages without an answer", "0", str(wrong), wrong == 0),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
