"""Ledgers that a process keeps at hand: as true as if they were read anew, whoever else writes."""

import sqlite3
from functools import partial
from pathlib import Path

import pytest
from eventsourcing.persistence import EventStore
from hypothesis import given, settings
from hypothesis import strategies as st

from application.ledgers import By, Ledgers
from domain.errors import ConflictError
from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.snapshot import LedgerSnapshot
from infrastructure.clock import SystemClock
from infrastructure.ledger import store as store_module
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from tests.integration.infrastructure.views.stories import Story

INTERVAL = 20
DEEDS = ("upload", "upload", "delete", "expire", "start", "finish")


def a_process(folder: Path) -> SQLiteLedgerStore:
    """Return the store as another process on the same data would have it."""
    return SQLiteLedgerStore(folder / "ledger" / "ledger.db", KeyFolder(folder / "keys"))


@pytest.fixture
def interval(monkeypatch: pytest.MonkeyPatch) -> int:
    """Have a snapshot made every few events."""
    monkeypatch.setattr(store_module, "SNAPSHOT_INTERVAL", INTERVAL)
    return INTERVAL


def start(execution_id: str, ledger: UserLedger, metadata: Metadata) -> None:
    """Decide to start an execution."""
    ledger.start_execution(execution_id, "1", model=None, runner="here", metadata=metadata)


def snapshots(folder: Path) -> list[int]:
    """Return the sequences at which there are snapshots."""
    with sqlite3.connect(folder / "ledger" / "ledger.db") as connection:
        rows = connection.execute("SELECT originator_version FROM stored_snapshots ORDER BY 1").fetchall()
    return [sequence for (sequence,) in rows]


@given(deeds=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(DEEDS)), min_size=8, max_size=20))
@settings(max_examples=5, deadline=None)
def test_two_processes_see_the_same_ledger_after_every_deed(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[int, str]]
) -> None:
    """Whichever of two processes wrote last, both and a third one that starts then have equal ledgers."""
    folder = tmp_path_factory.mktemp("ledger")
    stores = a_process(folder), a_process(folder)
    story = Story()
    for which, deed in deeds:
        story.store = stores[which]  # type: ignore[assignment]
        getattr(story, deed)()
        ledgers = [store.load("alice") for store in (*stores, a_process(folder))]
        assert ledgers[0] == ledgers[1] == ledgers[2]


def test_a_decision_counts_what_another_process_has_done_since(tmp_path: Path) -> None:
    """A process that has just saved decides on what the other one left, at once and without a conflict."""
    mine, theirs = (Ledgers(a_process(tmp_path), SystemClock()) for _ in range(2))
    by = By.user("alice")
    for number in range(6):
        ledgers = (mine, theirs)[number % 2]
        decision = ledgers.decide("alice", partial(start, f"run-{number}"), by)
        assert decision.position == number + 2
    ours = mine.load("alice", by)
    assert list(ours.running) == [f"run-{number}" for number in range(6)]


def test_what_was_overtaken_is_refused_and_not_kept(tmp_path: Path) -> None:
    """A ledger that lost the race is not at hand afterwards: the next load is what the winner left."""
    mine, theirs = Story(a_process(tmp_path)), Story(a_process(tmp_path))  # type: ignore[arg-type]
    mine.upload()
    stale = mine.ledger("alice")
    start("lost", stale, mine.metadata("alice"))
    theirs.deeds = 10
    theirs.upload(name="theirs.csv")
    with pytest.raises(ConflictError):
        mine.store.append(stale)
    after = mine.ledger("alice")
    assert [file.filename for file in after.files.values()] == ["a.csv", "theirs.csv"]
    assert not after.running


def test_a_loaded_ledger_can_be_spoilt_without_harm(tmp_path: Path) -> None:
    """A decision that fails half-way leaves nothing behind in what is at hand."""
    story = Story(a_process(tmp_path))  # type: ignore[arg-type]
    story.upload()
    story.ledger("alice").files.clear()
    assert len(story.ledger("alice").files) == 1


def decoded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that gets every event and snapshot that is decoded from now on."""
    read: list[object] = []
    get = EventStore.get

    def counted(self: EventStore, *arguments: object, **options: object) -> object:  # type: ignore[type-arg]
        events = list(get(self, *arguments, **options))  # type: ignore[arg-type]
        read.extend(events)
        return iter(events)

    monkeypatch.setattr(EventStore, "get", counted)
    return read


def test_who_looks_at_many_ledgers_crowds_out_nobody_who_acts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for one, who acted last stays at hand while everybody else's ledger is looked at."""
    monkeypatch.setattr(store_module, "CACHED_LEDGERS", 1)
    store = a_process(tmp_path)
    ledgers = Ledgers(store, SystemClock())
    for user_id in ("bob", "cid", "alice"):
        ledgers.decide(user_id, partial(start, f"run-of-{user_id}"), By.user(user_id))
    read = decoded(monkeypatch)
    assert [len(store.load(user_id).running) for user_id in ("bob", "cid")] == [1, 1]  # type: ignore[union-attr]
    looked_at = len(read)
    assert looked_at > 0
    assert list(store.load("alice").running) == ["run-of-alice"]  # type: ignore[union-attr]
    assert len(read) == looked_at


def test_a_save_reads_nothing_of_the_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interval: int
) -> None:
    """Loading and saving what this process wrote last decodes no event, not even for a snapshot."""
    store = a_process(tmp_path)
    story = Story(store)  # type: ignore[arg-type]
    story.upload()
    read = decoded(monkeypatch)
    for _ in range(interval // 2):
        story.start()
        story.finish(outputs=0)
    assert read == []
    assert snapshots(tmp_path) == [interval]


def test_two_processes_make_one_snapshot_an_interval(tmp_path: Path, interval: int) -> None:
    """Whichever of two passes the interval makes it, and a ledger that is read from it is the same."""
    stores = a_process(tmp_path), a_process(tmp_path)
    story = Story()
    for number in range(interval + 2):
        story.store = stores[number % 2]  # type: ignore[assignment]
        story.start()
        story.finish()
    sequences = [sequence // interval for sequence in snapshots(tmp_path)]
    assert sequences == sorted(set(sequences))
    assert sequences[:2] == [1, 2]
    fresh, *kept = (store.load("alice") for store in (a_process(tmp_path), *stores))
    assert [LedgerSnapshot.take(ledger) for ledger in kept] == [LedgerSnapshot.take(fresh)] * 2
