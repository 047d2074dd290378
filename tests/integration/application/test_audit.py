"""Audit from the ledger alone: history, past lists, why."""

import itertools
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from application.audit import ExplainFile, HistoryFilter, ReadHistory, ReadPastFiles
from application.compare import CompareFiles
from application.policy import UsagePolicy
from domain.errors import InvalidValueError, NoSuchFileError
from domain.retention import Limits
from domain.why import FileState
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice did this and that, a second apart, and bob one thing."""
    house = House(tmp_path, UsagePolicy(limits=Limits(max_files=3), expiration_hours=0.01))
    for number in range(5):
        house.upload(f"{number}.csv")
        house.clock.turn(1)
    house.delete_file("alice", next(iter(house.list_files("alice").files)).file_id)
    house.clock.turn(1)
    house.upload("bob.csv", user_id="bob")
    house.clock.turn(40)
    house.expire()
    house.purge.catch_up()
    return house


@pytest.fixture
def past(house: House) -> ReadPastFiles:
    """Return the reader of past lists."""
    return ReadPastFiles(house.store, house.policy)


def moments(house: House) -> list[datetime]:
    """Return times around every event."""
    events = [recorded.event for recorded in house.store.events_after(0, limit=1000)]
    around = [timedelta(milliseconds=shift) for shift in (-1, 0, 1, 500)]
    return sorted({event.timestamp + shift for event in events for shift in around})


def test_audit_01_the_list_at_any_time_equals_a_naive_fold(house: House, past: ReadPastFiles) -> None:
    """At, before and after every event: what had been recorded by then, less what was due."""
    history = ReadHistory(house.store)("alice", HistoryFilter(limit=1000)).events
    for moment in moments(house):
        names: list[str] = []
        expiries = {}
        for event in (recorded.event for recorded in history):
            if event.timestamp > moment:
                continue
            kind, file_id = event.TOPIC, getattr(event, "file_id", "")
            if kind == "FileUploaded":
                names.append(file_id)
                expiries[file_id] = event.expires_at  # type: ignore[attr-defined]
            elif kind in {"FileEvicted", "FileExpired", "FileDeleted"}:
                names.remove(file_id)
        expected = [name for name in names if expiries[name] > moment]
        assert [file.file_id for file in past.as_of("alice", moment).files] == expected


def test_audit_02_a_difference_applied_to_the_earlier_list_gives_the_later(
    house: House, past: ReadPastFiles
) -> None:
    """For every two times: what went is taken out, what came is added, and the later list stands there."""
    times = moments(house)
    for earlier, later in combinations_with_replacement(times[::3], 2):
        found = CompareFiles(past)("alice", earlier, later)
        gone = {file.file_id for file in found.removed}
        kept = [file for file in past.as_of("alice", earlier).files if file.file_id not in gone]
        assert (*kept, *found.added) == past.as_of("alice", later).files
    with pytest.raises(InvalidValueError, match="lies before"):
        CompareFiles(past)("alice", times[1], times[0])


def test_the_list_after_any_event_has_what_was_recorded_by_then(house: House, past: ReadPastFiles) -> None:
    """Sequence 0 is empty, the last is the present, none exceeds the limit."""
    assert past.at("alice", 0).files == ()
    for sequence in range(1, 20):
        assert past.at("alice", sequence).count <= 3
    assert past.at("alice", 10**12).files == house.list_files("alice").files
    with pytest.raises(InvalidValueError):
        past.at("alice", -1)


def test_a_user_without_a_ledger_has_an_empty_past(house: House, past: ReadPastFiles) -> None:
    """Nobody's history is empty, and reading it records nothing."""
    before = house.store.head()
    assert past.as_of("nobody", house.clock.now()).files == ()
    assert ReadHistory(house.store)("nobody").events == ()
    assert house.store.head() == before


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_audit_06_cursors_neither_skip_nor_repeat_while_events_are_appended(house: House, limit: int) -> None:
    """Between any two pages something happens; who follows the cursor sees all, once, the new at the end."""
    read, seen, cursor = ReadHistory(house.store), list[int](), 0
    for number in itertools.count():
        page = read("alice", HistoryFilter(after=cursor, limit=limit))
        seen += [recorded.event.originator_version for recorded in page.events]
        if page.next is None:
            break
        cursor = page.next
        if number < 3:
            house.upload(f"meanwhile-{number}.csv")
            house.upload(f"of-bob-{number}.csv", user_id="bob")
    assert seen == list(range(1, ReadHistory(house.store).length("alice") + 1))


def test_audit_06_a_page_begun_from_an_old_cursor_is_the_same_later(house: House) -> None:
    """What follows an event never changes, so neither does a full page after it."""
    read = ReadHistory(house.store)
    before = [read("alice", HistoryFilter(after=cursor, limit=2)).events for cursor in range(6)]
    for number in range(3):
        house.upload(f"later-{number}.csv")
    assert [read("alice", HistoryFilter(after=cursor, limit=2)).events for cursor in range(6)] == before


def test_audit_06_pages_neither_skip_nor_repeat(house: House) -> None:
    """Following the cursor gives every event once, whatever the page size, with filters too."""
    read = ReadHistory(house.store)
    everything = [recorded.position for recorded in read("alice", HistoryFilter(limit=1000)).events]
    for limit in (1, 2, 7):
        seen, cursor = list[int](), 0
        while True:
            page = read("alice", HistoryFilter(after=cursor, limit=limit))
            seen += [recorded.position for recorded in page.events]
            if page.next is None:
                break
            cursor = page.next
        assert seen == everything


def test_audit_06_filters_narrow_the_history(house: House) -> None:
    """By kind, actor, file and time; an unknown kind is refused with the list of kinds."""
    read = ReadHistory(house.store)
    evictions = read("alice", HistoryFilter(kind="FileEvicted")).events
    assert len(evictions) == 2
    file_id = evictions[0].event.file_id  # type: ignore[attr-defined]
    about = [recorded.event.TOPIC for recorded in read("alice", HistoryFilter(file_id=file_id)).events]
    assert about == ["FileUploaded", "FileEvicted", "FileBytesPurged"]
    purges = read("alice", HistoryFilter(actor="system:purge")).events
    assert {recorded.event.TOPIC for recorded in purges} == {"FileBytesPurged"}
    until = evictions[0].event.timestamp
    assert read("alice", HistoryFilter(since=until, until=until)).events[0] == evictions[0]
    with pytest.raises(InvalidValueError, match="FileUploaded"):
        read("alice", HistoryFilter(kind="Nonsense"))


def test_audit_03_every_file_ever_recorded_is_explained_to_its_owner_only(house: House) -> None:
    """Evicted, deleted and expired files have their state; a foreign file is as absent as none."""
    explain = ExplainFile(house.store)
    uploads = ReadHistory(house.store)("alice", HistoryFilter(kind="FileUploaded")).events
    ids = [recorded.event.file_id for recorded in uploads]  # type: ignore[attr-defined]
    states = [explain(file_id, owner="alice").state for file_id in ids]
    assert states == [
        FileState.EVICTED,
        FileState.EVICTED,
        FileState.DELETED,
        FileState.EXPIRED,
        FileState.EXPIRED,
    ]
    displaced_by = explain(ids[0]).because[-2].event
    assert displaced_by.TOPIC == "FileUploaded"
    assert displaced_by.file_id == ids[3]  # type: ignore[attr-defined]
    for file_id in (ids[0], "000000000000"):
        with pytest.raises(NoSuchFileError):
            explain(file_id, owner="bob")


def test_audit_01_a_clock_that_ran_backwards_hides_no_event(house: House, past: ReadPastFiles) -> None:
    """An event with an earlier time than the one before it still counts from the later time on."""
    house.clock.turn(1000)
    house.upload("late.csv")
    house.clock.turn(-500)
    house.upload("early.csv")
    names = [file.filename for file in past.as_of("alice", house.clock.now()).files]
    assert names == ["late.csv", "early.csv"]
