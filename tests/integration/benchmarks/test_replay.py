import pytest

from benchmarks.replay import __main__ as program
from benchmarks.replay.latency import Latency
from benchmarks.replay.lengths import Length
from benchmarks.replay.report import goals_table
from benchmarks.replay.stories import Told


def test_the_short_form_measures_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    """A tiny ledger for real: appended, read, rebuilt, uploaded to; each goal with its verdict."""
    assert program.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    for database in ("SQLite", "PostgreSQL"):
        assert f"| {database}, 300 |" in printed
        assert f"| rebuild : read and decode, {database}, 300 events |" in printed
        assert f"| upload, {database}, 200 events of the user : 10 |" in printed
    assert printed.count("| met |") + printed.count("| missed |") == 10


def test_a_goal_that_is_not_met_is_said_to_be_missed() -> None:
    """Slow rebuilds, memory that grows and uploads that get slower."""
    length = Length("SQLite", 10, (1.0, 1.0), (2.0, 1.0), (1.0, 2.0), 1.0, 500.0, 3)
    text = goals_table([length], [Latency("SQLite", 10, 1.0, 1.0), Latency("SQLite", 99, 1.1, 1.3)])
    verdicts = [line.split(" | ")[-1].strip(" |") for line in text.splitlines()[2:]]
    assert verdicts == ["missed", "missed", "missed", "met", "missed"]


def test_the_same_seed_tells_the_same_story() -> None:
    """Both entrants, and every run, get the same events."""
    first, second = (
        [event for pending in Told(3).saves(100) for event in pending],
        [event for pending in Told(3).saves(100) for event in pending],
    )
    assert first == second
