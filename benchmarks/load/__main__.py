"""Measures and prints; `make bench-load` runs it, with the options of ARGS."""

import argparse
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chat.hour import Plan as Chat
from benchmarks.load.bot import measure_bot
from benchmarks.load.copying import copying_ms
from benchmarks.load.due import expire_at_once
from benchmarks.load.furnishing import Size, furnish
from benchmarks.load.report import Results, report
from benchmarks.load.waits import Crowd, keep_busy
from benchmarks.page import PAGE, BenchmarkError, describe_host, load, put
from interfaces.wiring import Wiring
from tests.support.sandboxes import await_spares


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    size: Size = field(default_factory=Size)
    starts: int = 5
    idle_s: float = 10.0
    chat: Chat = field(
        default_factory=lambda: Chat(people=100, acts_each=4, lasts_s=45, drain_s=30, interruptions=())
    )
    rounds: int = 200
    copies: int = 15
    due_files: int = 10_000
    due_in_s: float = 100.0


QUICK = Plan(
    size=Size(users=10, uploads_each=20, events=500),
    starts=1,
    idle_s=0.5,
    chat=Chat(people=2, acts_each=2, lasts_s=1, drain_s=30, interruptions=()),
    rounds=3,
    copies=1,
    due_files=40,
    due_in_s=2.0,
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write if asked to; 0, or 1 with a line that says why there is no result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tiny house: figures without meaning")
    parser.add_argument("--write", action="store_true", help=f"put the result into {PAGE.name}, too")
    parser.add_argument("--folder", type=Path, help="where the data stays, furnished once (a temporary one)")
    parser.add_argument("--furnish", action="store_true", help="only fill the folder")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else Plan()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        try:
            furnish(folder, plan.size, _say)
            if options.furnish:
                return 0
            text = measure(plan, folder)
        except BenchmarkError as error:
            print(f"bench-load: {error}", file=sys.stderr)
            return 1
    print(text)
    if options.write:
        put("bench-load", text)
    return 0


def measure(plan: Plan, folder: Path) -> str:
    """Return the report on a furnished folder.

    Raises:
        BenchmarkError: something failed, so that the figures are worth nothing.
    """
    before, began = load(), time.monotonic()
    _say("the bot: starts, idle, a chat")
    bot = measure_bot(folder, plan.size, plan.starts, plan.chat, plan.idle_s)
    data_dir = folder / "data"
    with Wiring(plan.size.settings(data_dir)) as wiring:
        wiring.start()
        await_spares(wiring.sandbox)
        crowd = Crowd(wiring, [f"user-{number}" for number in range(plan.size.users)])
        _say("what people do, in turns")
        keep_busy(crowd, plan.rounds)
        copied_ms, uploaded_ms = copying_ms(wiring, folder, plan.copies)
        _say(f"{plan.due_files:,} files due at once")
        expiries = expire_at_once(wiring, data_dir, crowd, plan.due_files, plan.due_in_s)
        events = wiring.store.head()
    users, uploads = plan.size.users, plan.size.users * plan.size.uploads_each
    head = (
        f"{describe_host()}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; "
        f"{users:,} users, {uploads:,} uploads, {events:,} events; "
        f"load {before} before and {load()} after {time.monotonic() - began:.0f} s."
    )
    return f"{head}\n\n{report(Results(bot, crowd.waits, copied_ms, uploaded_ms, expiries))}"


def _say(step: str) -> None:
    print(f"bench-load: {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
