"""Measures and prints; `make bench-replay` runs it, with the options of ARGS."""

import argparse
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import psycopg

from benchmarks.page import PAGE, BenchmarkError, describe_host, load, put
from benchmarks.replay.databases import Databases, PostgreSQLDatabases, SQLiteFiles
from benchmarks.replay.latency import UPLOADS, WARMED_UP, Latency, measure_uploads
from benchmarks.replay.lengths import SAVES_A_ROUND, Length, measure
from benchmarks.replay.report import goals_table, latency_table, lengths_table
from infrastructure.views.client import connect
from infrastructure.views.embedded import EmbeddedServer
from tests.support.postgresql import PostgreSQLServer


@dataclass(frozen=True)
class Plan:
    """How much is measured: lengths of the whole ledger and of one user's, in events, and how often."""

    events: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    upload_lengths: tuple[int, ...] = (10, 1_000, 100_000)
    uploads: int = UPLOADS
    warmed_up: int = WARMED_UP
    saves_a_round: int = SAVES_A_ROUND

    def up_to(self, most: int) -> "Plan":
        """Return the plan without longer ledgers."""
        return replace(self, events=tuple(each for each in self.events if each <= most))


QUICK = Plan(events=(300,), upload_lengths=(10, 200), uploads=3, warmed_up=1, saves_a_round=3)
_SERVER_PYTHON = PAGE.parents[1] / ".venv-mongodb" / "bin" / "python"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write if asked to; 0, or 1 with a line that says why there is no result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=Plan.events[-1], help="events of the longest ledger")
    parser.add_argument("--quick", action="store_true", help="tiny ledgers: figures without meaning")
    parser.add_argument("--write", action="store_true", help=f"put the result into {PAGE.name}, too")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else Plan().up_to(options.most)
    try:
        text = report(plan)
        print(text)
        if options.write:
            put("bench-replay", text)
    except BenchmarkError as error:
        print(f"bench-replay: {error}", file=sys.stderr)
        return 1
    return 0


def report(plan: Plan) -> str:
    """Measure, and return the report.

    Raises:
        BenchmarkError: something failed, so that there is nothing to compare.
    """
    before, began = load(), time.monotonic()
    with tempfile.TemporaryDirectory() as name, _postgresql() as server:
        lengths, latencies = _measure(plan, Path(name), server)
        versions = (
            f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
            f"PostgreSQL {_version(server)}, eventsourcing {metadata.version('eventsourcing')}"
        )
    loads = f"load {before} before and {load()} after {time.monotonic() - began:.0f} s"
    head = f"{describe_host()}; {versions}; {loads}."
    goals = goals_table(lengths, latencies)
    return "\n\n".join([head, lengths_table(lengths), latency_table(latencies), goals])


def _measure(plan: Plan, folder: Path, server: PostgreSQLServer) -> tuple[list[Length], list[Latency]]:
    def databases(folder: Path, name: str) -> list[Databases]:
        return [SQLiteFiles(folder), PostgreSQLDatabases(server, name)]

    _say("uploads")
    uploads = measure_uploads(plan.upload_lengths, folder, databases, plan.uploads, plan.warmed_up)
    with EmbeddedServer(folder / "mongodb", _SERVER_PYTHON) as uri, connect(uri).client as client:
        lengths = [
            measure(each, folder / str(each), databases, client, _say, plan.saves_a_round)
            for each in plan.events
        ]
    return [each for pair in lengths for each in pair], uploads


def _version(server: PostgreSQLServer) -> str:
    with psycopg.connect(server.url) as connection:
        version = connection.info.server_version
    return f"{version // 10_000}.{version % 10_000}"


@contextmanager
def _postgresql() -> Iterator[PostgreSQLServer]:
    server = PostgreSQLServer(is_durable=True)
    try:
        yield server
    finally:
        server.close()


def _say(step: str) -> None:
    print(f"bench-replay: {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
