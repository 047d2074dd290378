"""Soaks the bot; `make soak` runs it, with the options of ARGS, for SOAK_MINUTES (20)."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chat.findings import Findings, find
from benchmarks.chat.hour import Plan, pass_hour
from benchmarks.chat.house import house
from benchmarks.page import PAGE, Goal, describe_host, goals_table, load, put, table
from benchmarks.sandbox.ways import PYTHON
from benchmarks.soak.residents import RESIDENTS_ACTS, Resident
from benchmarks.soak.samples import BOUNDS, Sample, Sampler, sampled

SECTION = "soak"
SOAK_PAGE = PAGE.with_name("soak.md")
CHART = PAGE.with_name("soak.svg")
MINUTES, INTERVAL_S = 20.0, 5.0
ACTS_A_MINUTE, PEOPLE = 90, 30
WARM_UP = 0.3
"""The share of the time in which caches fill: the bot remembers the last 1,000 messages, among others."""
SAMPLES = 40
"""As many there are at least, however short it is."""
SHOWN = 20


@dataclass(frozen=True)
class Soaked:
    """What came of it."""

    samples: Sequence[Sample]
    findings: Findings
    lasted_s: float

    @property
    def measured(self) -> Sequence[Sample]:
        """The samples after the warm-up."""
        return [sample for sample in self.samples if sample.at_s >= self.warm_up_s]

    @property
    def warm_up_s(self) -> float:
        """When caches count as filled."""
        return WARM_UP * self.lasted_s

    @property
    def goals(self) -> Sequence[Goal]:
        """A goal for each figure: how much it grew, beside its bound."""
        grown = [(bound, bound.growth(self.measured)) for bound in BOUNDS]
        return [
            Goal(f"growth of {bound.words}", f"<= {bound.most:,g}", f"{growth:,.1f}", growth <= bound.most)
            for bound, growth in grown
        ]

    @property
    def is_sound(self) -> bool:
        """Whether nothing grew beyond its bound, and nothing was lost, doubled or unanswered."""
        return all(goal.is_met for goal in self.goals) and not self.findings.mistakes


def plan_for(minutes: float) -> Plan:
    """Return who does how much: everybody goes on to the end."""
    people = min(PEOPLE, max(4, round(ACTS_A_MINUTE * minutes / 4)))
    acts_each = max(4, round(ACTS_A_MINUTE * minutes / people))
    return Plan(
        people=people,
        acts_each=acts_each,
        lasts_s=minutes * 60,
        interruptions=(),
        arrive_by=0.05,
        acts=RESIDENTS_ACTS,
        visitor=Resident,
    )


def soak(minutes: float, folder: Path) -> Soaked:
    """Let people use the bot for so long, and look at it meanwhile.

    Files live for a seventh of the time, so that they expire all along.
    """
    temporary, samples = folder / "tmp", list[Sample]()
    temporary.mkdir()
    plan = plan_for(minutes)
    environment = {"TMPDIR": str(temporary), "FILE_EXPIRATION_HOURS": f"{minutes / 60 / 7:.5f}"}
    interval_s = min(INTERVAL_S, plan.lasts_s / SAMPLES)
    with house(folder, environment=environment) as there:
        sampler = Sampler(there.pid, folder / "data", temporary)
        with sampled(sampler, interval_s, samples.append):
            hour = pass_hour(there, plan)
    found = find(hour, there, folder / "data")
    kept = [sample for sample in samples if sample.at_s <= plan.lasts_s]
    return Soaked(kept, found, plan.lasts_s)


def report(soaked: Soaked) -> str:
    """Return the figures in Markdown."""
    first, last = soaked.measured[0], soaked.measured[-1]
    minutes, warm_up = soaked.lasted_s / 60, soaked.warm_up_s / 60
    acts = table(["what people do", "times"], [row[:2] for row in soaked.findings.rows[:-1]])
    mistakes = soaked.findings.mistakes
    verdict = (
        "\n".join([f"{len(mistakes)} mistakes:", *(f"- {line}" for line in mistakes[:SHOWN])])
        if mistakes
        else "No file was lost or doubled, no message is without an answer."
    )
    head = (
        f"{minutes:g} minutes, a sample every {soaked.samples[1].at_s - soaked.samples[0].at_s:.0f} s; "
        f"growth is that of the line fitted to what follows the first {warm_up:g} minutes."
    )
    beside = (
        f"Beside the bounds: the MongoDB server took {first.mongodb_mb:.0f} MB at the warm-up's end and "
        f"{last.mongodb_mb:.0f} MB at the end; the data folder grew from {first.kept_bytes / 1e6:.1f} to "
        f"{last.kept_bytes / 1e6:.1f} MB, most of it ledger and journal, which keep all that happened."
    )
    return "\n\n".join([head, goals_table(soaked.goals), beside, acts, verdict])


def draw(soaked: Soaked, target: Path = CHART) -> None:
    """Draw the samples."""
    told = {"samples": [asdict(sample) for sample in soaked.samples], "warm_up_s": soaked.warm_up_s}
    with tempfile.TemporaryDirectory() as name:
        samples = Path(name) / "samples.json"
        samples.write_text(json.dumps(told), encoding="utf-8")
        subprocess.run([PYTHON, Path(__file__).with_name("chart.py"), samples, target], check=True)


def main(arguments: Sequence[str]) -> int:
    """Soak and print; 0, or 1 when something grew, was lost, doubled or unanswered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("SOAK_MINUTES") or MINUTES))
    parser.add_argument("--write", action="store_true", help=f"put the result into docs/{SOAK_PAGE.name}")
    parser.add_argument("--folder", type=Path, help="where the bot's data and log stay (a temporary one)")
    options = parser.parse_args(arguments)
    before = load()
    with tempfile.TemporaryDirectory() as name:
        soaked = soak(options.minutes, options.folder or Path(name))
    told = f"{describe_host()}; load {before} before and {load()} after.\n\n{report(soaked)}"
    print(told)
    if options.write:
        put(SECTION, told, SOAK_PAGE)
        draw(soaked)
    return int(not soaked.is_sound)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
