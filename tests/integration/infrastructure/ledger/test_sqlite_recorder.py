"""The recorder against the library's own abstract test cases, and against its extra promises."""

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent
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


def test_positions_survive_a_vacuum(recorder: SQLiteLedgerRecorder, tmp_path: Path) -> None:
    """Rows keep their numbers when the file is compacted."""
    for _ in range(3):
        recorder.insert_events([stored(1)])
    before = [(n.id, n.originator_id) for n in recorder.select_notifications(None, 10)]
    sqlite3.connect(tmp_path / "ledger.db", isolation_level=None).execute("VACUUM")
    assert [(n.id, n.originator_id) for n in recorder.select_notifications(None, 10)] == before
