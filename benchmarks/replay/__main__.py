"""Measures and prints; `make bench-replay` runs it, with the options of ARGS."""

import argparse
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from benchmarks.page import PAGE, BenchmarkError, describe_host, load, put
from benchmarks.replay.latency import measure_uploads
from benchmarks.replay.lengths import measure
from benchmarks.replay.report import goals_table, latency_table, lengths_table
from infrastructure.views.client import connect
from infrastructure.views.embedded import EmbeddedServer

EVENTS = (10_000, 100_000, 1_000_000)
UPLOAD_LENGTHS = (10, 1_000, 100_000)
QUICK_EVENTS, QUICK_UPLOAD_LENGTHS = (500,), (10, 300)
_SERVER_PYTHON = PAGE.parents[1] / ".venv-mongodb" / "bin" / "python"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write if asked to; 0, or 1 with a line that says why there is no result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=EVENTS[-1], help="events of the longest ledger")
    parser.add_argument("--quick", action="store_true", help="tiny ledgers: figures without meaning")
    parser.add_argument("--write", action="store_true", help=f"put the result into {PAGE.name}, too")
    options = parser.parse_args(arguments)
    events = QUICK_EVENTS if options.quick else tuple(each for each in EVENTS if each <= options.most)
    uploads = QUICK_UPLOAD_LENGTHS if options.quick else UPLOAD_LENGTHS
    try:
        text = report(events, uploads)
        print(text)
        if options.write:
            put("bench-replay", text)
    except BenchmarkError as error:
        print(f"bench-replay: {error}", file=sys.stderr)
        return 1
    return 0


def report(events: Sequence[int], uploads: tuple[int, ...]) -> str:
    """Measure, and return the report.

    Raises:
        BenchmarkError: something failed, so that there is nothing to compare.
    """
    before, began = load(), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _say("uploads")
        latencies = measure_uploads(uploads, folder / "uploads")
        with EmbeddedServer(folder / "mongodb", _SERVER_PYTHON) as uri, connect(uri).client as client:
            lengths = [measure(each, folder / str(each), client, _say) for each in events]
    head = (
        f"{describe_host()}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"eventsourcing {metadata.version('eventsourcing')}; load {before} before and {load()} after "
        f"{time.monotonic() - began:.0f} s."
    )
    goals = goals_table(lengths, latencies)
    return "\n\n".join([head, lengths_table(lengths), latency_table(latencies), goals])


def _say(step: str) -> None:
    print(f"bench-replay: {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
