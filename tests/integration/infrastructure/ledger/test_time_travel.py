"""Ledgers as they were, from snapshots and the few events after them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.audit import ReadPastFiles, fold
from application.ledgers import By
from application.policy import UsagePolicy
from domain.errors import NoSuchFileError
from domain.events import FileRecorded, FileRemoved, LedgerEvent
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.retention import Limits
from infrastructure.ledger import store
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.mapper import SealingMapper
from infrastructure.ledger.sqlite_recorder import SQLiteLedgerRecorder
from infrastructure.ledger.store import SQLiteLedgerStore
from tests.support.house import House

LIMITS = Limits(max_files=3)
ALICE = UserLedger.create_id("alice")
STEPS = st.lists(
    st.tuples(st.sampled_from(["upload", "delete", "expire"]), st.integers(-30, 60)), max_size=25
)


@pytest.fixture(autouse=True)
def _snapshots_every_few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SNAPSHOT_INTERVAL", 4)


def lived(folder: Path, steps: list[tuple[str, int]]) -> House:
    """Return a house in which alice did all that, by a clock that may run backwards, and bob a bit."""
    house = House(folder, UsagePolicy(limits=LIMITS))
    for number, (what, seconds) in enumerate(steps):
        house.clock.turn(seconds)
        for user_id in ("alice", "bob") if number % 5 == 0 else ("alice",):
            house.ledgers.decide(user_id, _doing(house, what, number), By.user(user_id))
    return house


def _doing(house: House, what: str, number: int) -> Any:
    def do(ledger: UserLedger, metadata: Any) -> None:
        if what == "upload":
            file_id = f"{ledger.user_id:0>6}{number:06d}".lower()[-12:]
            new = NewFile(file_id=file_id, filename="f", file_type="T", size_bytes=1, sha256="0" * 64)
            due = house.clock.now() + timedelta(seconds=40)
            ledger.upload(new, source=f"{number}", expires_at=due, limits=LIMITS, metadata=metadata)
        elif what == "delete":
            try:
                ledger.delete(next(iter(ledger.files), ""), metadata)
            except NoSuchFileError:
                return
        else:
            ledger.expire(metadata)

    return do


def events_of(house: House) -> list[LedgerEvent]:
    """Return alice's events."""
    return [recorded.event for recorded in house.store.stream(ALICE)]


def naive_list(events: list[LedgerEvent]) -> dict[str, datetime | None]:
    """Return the files of events and their expiries, written down naively."""
    files: dict[str, datetime | None] = {}
    for event in events:
        if isinstance(event, FileRecorded):
            files[event.file_id] = event.expires_at
        elif isinstance(event, FileRemoved):
            del files[event.file_id]
    return files


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_audit_01_the_list_as_of_any_time_and_position_equals_a_naive_fold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """At, before and after each event, though the clock ran backwards: what counted, less what was due."""
    house = lived(tmp_path_factory.mktemp("house"), steps)
    past, events = ReadPastFiles(house.store, house.policy), events_of(house)
    for sequence in range(len(events) + 2):
        listed = [file.file_id for file in past.at("alice", sequence).files]
        assert listed == list(naive_list(events[:sequence]))
    for moment in {event.timestamp + timedelta(milliseconds=ms) for event in events for ms in (-1, 0, 1)}:
        counted = max((at for at, event in enumerate(events, 1) if event.timestamp <= moment), default=0)
        expiries = naive_list(events[:counted])
        expected = [file_id for file_id, due in expiries.items() if due is None or due > moment]
        assert [file.file_id for file in past.as_of("alice", moment).files] == expected


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_audit_27_a_snapshot_and_its_tail_are_the_full_replay(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """At every version, in a process that has nothing in memory."""
    house = lived(tmp_path_factory.mktemp("house"), steps)
    fresh, events = House(house.folder).store, events_of(house)
    for version in range(1, len(events) + 1):
        assert fresh.load("alice", version=version) == fold(events[:version])
    assert fresh.load("alice") == fold(events)


def test_audit_01_a_look_back_reads_a_snapshot_and_less_than_an_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the ledger is, at most 7 of its events are decoded at an interval of 4."""
    house = lived(tmp_path, [("upload", 1)] * 60)
    decoded: list[int] = []
    decode = SealingMapper.to_domain_event

    def counting(mapper: SealingMapper, stored: Any) -> Any:
        decoded.append(stored.originator_version)
        return decode(mapper, stored)

    monkeypatch.setattr(SealingMapper, "to_domain_event", counting)
    past = ReadPastFiles(
        SQLiteLedgerStore(tmp_path / "ledger" / "ledger.db", KeyFolder(tmp_path / "keys")), house.policy
    )
    for sequence in range(2, 100, 7):
        decoded.clear()
        assert past.at("alice", sequence).files
        assert len(decoded) <= 7
    decoded.clear()
    assert past.as_of("alice", house.clock.now() - timedelta(seconds=20)).files
    assert len(decoded) <= 7


def test_audit_01_the_time_index_serves_a_look_back(tmp_path: Path) -> None:
    """The database finds the version of a time in the index alone, without reading an event."""
    house = lived(tmp_path, [("upload", 1)] * 3)
    recorder = cast("SQLiteLedgerRecorder", house.store.recorder)
    with recorder.datastore.transaction(commit=False) as c:
        c.execute(
            "EXPLAIN QUERY PLAN SELECT max(originator_version) FROM stored_events "
            "WHERE originator_id = ? AND "
            "(CASE WHEN json_valid(CAST(state AS TEXT)) "
            "THEN json_extract(CAST(state AS TEXT), '$.timestamp') END) <= ?",
            ("", ""),
        )
        plan = " ".join(str(row["detail"]) for row in c.fetchall())
    assert "stored_events_by_time" in plan
