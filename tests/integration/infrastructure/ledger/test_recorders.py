"""What every recorder of the ledger promises, whichever the database."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking

from infrastructure.ledger.recorder import LedgerRecorder
from infrastructure.ledger.store import DatabaseLedgerStore


@pytest.fixture
def open_recorder(open_store: Callable[[], DatabaseLedgerStore]) -> Callable[[], Any]:
    """Return a function that opens another recorder on the same database."""
    return lambda: open_store().recorder


@pytest.fixture
def recorder(open_recorder: Callable[[], Any]) -> LedgerRecorder:
    """Return a recorder on a new database."""
    return open_recorder()  # type: ignore[no-any-return]


def stored(version: int, originator: UUID | None = None, state: bytes = b"{}") -> StoredEvent:
    """Return a stored event."""
    return StoredEvent(originator or uuid4(), version, "FileUploaded", state)


def test_a_gap_is_refused_and_leaves_nothing(recorder: LedgerRecorder) -> None:
    """Version 3 after version 1 is refused whole, with what came with it."""
    ledger, other = uuid4(), uuid4()
    recorder.insert_events([stored(1, ledger)])
    with pytest.raises(IntegrityError, match="gap"):
        recorder.insert_events([stored(1, other), stored(3, ledger)])
    assert recorder.max_notification_id() == 1
    assert recorder.select_events(other) == []


def test_a_new_ledger_must_begin_at_the_beginning(recorder: LedgerRecorder) -> None:
    """A stream cannot start at version 2."""
    with pytest.raises(IntegrityError, match="gap"):
        recorder.insert_events([stored(2)])


def test_two_connections_cannot_take_the_same_version(open_recorder: Callable[[], Any]) -> None:
    """Of two writers with the same version one wins and the other is told."""
    ledger, results = uuid4(), list[bool]()
    first, second = open_recorder(), open_recorder()
    first.insert_events([stored(1, ledger)])
    start = threading.Barrier(2)

    def write(recorder: LedgerRecorder) -> None:
        start.wait()
        try:
            recorder.insert_events([stored(2, ledger)])
        except IntegrityError:
            results.append(False)
        else:
            results.append(True)

    threads = [threading.Thread(target=write, args=(recorder,)) for recorder in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]


def test_a_follower_sees_events_of_this_process_and_of_others(
    open_recorder: Callable[[], Any],
) -> None:
    """A subscription delivers in order what either connection writes."""
    mine, other = open_recorder(), open_recorder()
    ledger = uuid4()
    mine.insert_events([stored(1, ledger)])
    with mine.subscribe(gt=0) as subscription:
        assert next(subscription).originator_version == 1
        mine.insert_events([stored(2, ledger)])
        assert next(subscription).originator_version == 2
        other.insert_events([stored(3, ledger)])
        assert next(subscription).originator_version == 3


def test_a_file_is_found_among_damaged_events(recorder: LedgerRecorder) -> None:
    """The index of file ids does not mind states that are no JSON."""
    ledger = uuid4()
    recorder.insert_events(
        [stored(1, ledger, b"\xff not json"), stored(2, ledger, b'{"file_id":"abc123xyz789"}')]
    )
    assert recorder.find_file("abc123xyz789") == ledger.hex
    assert recorder.find_file("000000000000") is None


def test_a_position_of_a_policy_never_goes_back(recorder: LedgerRecorder) -> None:
    """A lower position is refused."""
    recorder.insert_tracking(Tracking("purge", 7))
    with pytest.raises(IntegrityError):
        recorder.insert_tracking(Tracking("purge", 7))
    assert recorder.max_tracking_id("purge") == 7


def test_another_process_is_heard_at_once(open_recorder: Callable[[], Any]) -> None:
    """Who waits for events is woken by those of this process, and hears of others within the poll."""
    mine, other = open_recorder(), open_recorder()
    mine.insert_events([stored(1)])
    seen = mine.wait_for_events(-1)
    threading.Timer(0.05, other.insert_events, ([stored(1)],)).start()
    for _ in range(20):
        seen = mine.wait_for_events(seen)
        if mine.max_notification_id() == 2:
            return
    pytest.fail("the other's event was not seen")


def test_positions_have_no_holes(recorder: LedgerRecorder) -> None:
    """What was refused takes no position."""
    ledger = uuid4()
    recorder.insert_events([stored(1, ledger)])
    for version in (1, 3):
        with pytest.raises(IntegrityError):
            recorder.insert_events([stored(version, ledger)])
    assert recorder.insert_events([stored(2, ledger), stored(3, ledger)]) == [2, 3]
    assert recorder.counts() == (3, 3, 3)
    assert [row.position for row in recorder.scan(ledger.hex)] == [1, 2, 3]
    assert [row.position for row in recorder.scan(after=1)] == [2, 3]


def test_what_was_restored_is_what_was_stored(open_recorder: Callable[[], Any]) -> None:
    """Positions, bytes and digests come back as they were."""
    recorder = open_recorder()
    ledger = uuid4()
    recorder.insert_events([stored(1, ledger), stored(2, ledger, b'{"file_id":"abc123xyz789"}')])
    rows = list(recorder.scan())
    with pytest.raises(IntegrityError):
        recorder.restore([(1, stored(1, ledger), rows[0].digest or b"")])
    other = uuid4()
    recorder.restore([(7, stored(1, other), b"7" * 32)])
    assert [(row.position, row.digest) for row in recorder.scan(other.hex)] == [(7, b"7" * 32)]
    assert list(recorder.scan())[:2] == rows
