"""The recorder against the library's own abstract test cases, and against its extra promises."""

import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteDatastore
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from infrastructure.ledger.sqlite_recorder import SQLiteLedgerRecorder


def make_recorder(folder: str | Path) -> SQLiteLedgerRecorder:
    """Return a recorder on a new file."""
    recorder = SQLiteLedgerRecorder(SQLiteDatastore(str(Path(folder) / "ledger.db"), lock_timeout=15))
    recorder.create_table()
    return recorder


class InFolder:
    """A folder a test."""

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = TemporaryDirectory()

    def tearDown(self) -> None:
        """Remove the folder."""
        self.folder.cleanup()

    def create_recorder(self) -> SQLiteLedgerRecorder:
        """Return a recorder in it."""
        return make_recorder(self.folder.name)


class AsApplicationRecorder(InFolder, ApplicationRecorderTestCase[SQLiteLedgerRecorder]):
    """The library's tests of application recorders."""


class AsTrackingRecorder(InFolder, TrackingRecorderTestCase):
    """The library's tests of tracking recorders."""


class AsProcessRecorder(InFolder, ProcessRecorderTestCase):
    """The library's tests of process recorders."""


class AsAggregateRecorder(InFolder, AggregateRecorderTestCase):
    """The library's tests of aggregate recorders; one of them asks for no positions, which a ledger gives."""

    def create_recorder(self) -> SQLiteLedgerRecorder:
        """Return a recorder that keeps its positions to itself."""

        class Quiet(SQLiteLedgerRecorder):
            def insert_events(self, *args: object, **kwargs: object) -> None:
                super().insert_events(*args, **kwargs)  # type: ignore[arg-type]

        recorder = make_recorder(self.folder.name)
        recorder.__class__ = Quiet
        return recorder


# The abstract classes are no tests of this module.
del AggregateRecorderTestCase, ApplicationRecorderTestCase, ProcessRecorderTestCase, TrackingRecorderTestCase


@pytest.fixture
def recorder(tmp_path: Path) -> SQLiteLedgerRecorder:
    """Return a recorder on a new file."""
    return make_recorder(tmp_path)


def stored(version: int, originator: object = None, state: bytes = b"{}") -> StoredEvent:
    """Return a stored event."""
    return StoredEvent(originator or uuid4(), version, "FileUploaded", state)  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", ["UPDATE stored_events SET state = x'00'", "DELETE FROM stored_events"])
@pytest.mark.parametrize("table", ["stored_events", "event_digests"])
def test_the_database_refuses_to_rewrite(
    recorder: SQLiteLedgerRecorder, tmp_path: Path, verb: str, table: str
) -> None:
    """An UPDATE or DELETE fails in any connection, not only in this program's."""
    recorder.insert_events([stored(1)])
    statement = verb.replace("stored_events", table).replace(
        "state", "digest" if "digest" in table else "state"
    )
    other = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(statement)


def test_a_replace_is_refused_too(recorder: SQLiteLedgerRecorder, tmp_path: Path) -> None:
    """INSERT OR REPLACE deletes without asking DELETE triggers: by row number and by place."""
    recorder.insert_events([stored(1)])
    other = sqlite3.connect(tmp_path / "ledger.db")
    by_number = "INSERT OR REPLACE INTO stored_events VALUES (1, 'x', 1, 't', x'00')"
    by_place = (
        "INSERT OR REPLACE INTO stored_events SELECT 7, originator_id, 1, 't', x'00' FROM stored_events"
    )
    for replace in (by_number, by_place):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(replace)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(
            "INSERT OR REPLACE INTO event_digests SELECT originator_id, 1, x'00' FROM event_digests"
        )


def test_a_gap_is_refused_and_leaves_nothing(recorder: SQLiteLedgerRecorder) -> None:
    """Version 3 after version 1 is refused whole, with what came with it."""
    ledger, other = uuid4(), uuid4()
    recorder.insert_events([stored(1, ledger)])
    with pytest.raises(IntegrityError, match="gap"):
        recorder.insert_events([stored(1, other), stored(3, ledger)])
    assert recorder.max_notification_id() == 1
    assert recorder.select_events(other) == []


def test_a_new_ledger_must_begin_at_the_beginning(recorder: SQLiteLedgerRecorder) -> None:
    """A stream cannot start at version 2."""
    with pytest.raises(IntegrityError, match="gap"):
        recorder.insert_events([stored(2)])


def test_two_connections_cannot_take_the_same_version(tmp_path: Path) -> None:
    """Of two writers with the same version one wins and the other is told."""
    ledger, results = uuid4(), list[bool]()
    first, second = make_recorder(tmp_path), make_recorder(tmp_path)
    first.insert_events([stored(1, ledger)])
    start = threading.Barrier(2)

    def write(recorder: SQLiteLedgerRecorder) -> None:
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


def test_a_follower_sees_events_of_this_process_at_once_and_of_others_soon(tmp_path: Path) -> None:
    """A subscription delivers in order what either connection writes."""
    mine, other = make_recorder(tmp_path), make_recorder(tmp_path)
    ledger = uuid4()
    mine.insert_events([stored(1, ledger)])
    with mine.subscribe(gt=0) as subscription:
        assert next(subscription).originator_version == 1
        mine.insert_events([stored(2, ledger)])
        assert next(subscription).originator_version == 2
        other.insert_events([stored(3, ledger)])
        assert next(subscription).originator_version == 3


def test_positions_survive_a_vacuum(recorder: SQLiteLedgerRecorder, tmp_path: Path) -> None:
    """Rows keep their numbers when the file is compacted."""
    for _ in range(3):
        recorder.insert_events([stored(1)])
    before = [(n.id, n.originator_id) for n in recorder.select_notifications(None, 10)]
    sqlite3.connect(tmp_path / "ledger.db", isolation_level=None).execute("VACUUM")
    assert [(n.id, n.originator_id) for n in recorder.select_notifications(None, 10)] == before


def test_a_file_is_found_among_damaged_events(recorder: SQLiteLedgerRecorder) -> None:
    """The index of file ids does not mind states that are no JSON."""
    ledger = uuid4()
    recorder.insert_events(
        [stored(1, ledger, b"\xff not json"), stored(2, ledger, b'{"file_id":"abc123xyz789"}')]
    )
    assert recorder.find_file("abc123xyz789") == ledger.hex
    assert recorder.find_file("000000000000") is None


def test_a_position_of_a_policy_never_goes_back(recorder: SQLiteLedgerRecorder) -> None:
    """A lower position is refused."""
    recorder.insert_tracking(Tracking("purge", 7))
    with pytest.raises(IntegrityError):
        recorder.insert_tracking(Tracking("purge", 7))
    assert recorder.max_tracking_id("purge") == 7
