"""What every ledger store promises, whichever the database."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from domain.errors import ConflictError, IntegrityFaultError
from domain.events import FileUploaded, LedgerOpened
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.personal import ERASED
from domain.retention import Limits
from infrastructure.journal.journal import FolderJournal
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import DatabaseLedgerStore
from tests.support.house import TurnedClock

NOW = Metadata(timestamp=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), actor="user:alice", cause="msg-1")
OpenStore = Callable[[], DatabaseLedgerStore]


@pytest.fixture
def store(open_store: OpenStore) -> DatabaseLedgerStore:
    """Return a new store."""
    return open_store()


def upload(store: DatabaseLedgerStore, number: int, user_id: str = "alice") -> int:
    """Record one upload and return its position."""
    ledger = store.load(user_id) or UserLedger.open(user_id, NOW)
    new = NewFile(
        file_id=f"{number:012d}",
        filename="data.csv",
        file_type="CSV",
        size_bytes=number,
        sha256=f"{number:064d}",
    )
    ledger.upload(new, source=f"s{number}", expires_at=None, limits=Limits(), metadata=NOW)
    return store.append(ledger)


def test_what_was_saved_is_read_back_by_another_process(
    store: DatabaseLedgerStore, open_store: OpenStore
) -> None:
    """A second store on the same database has the same ledger, and finds its files."""
    assert upload(store, 1) == store.head() == 2
    other = open_store()
    ledger = other.load("alice")
    assert ledger is not None
    assert ledger.files["000000000001"].uploaded_at == NOW.timestamp
    assert other.find_file("000000000001") == ledger.id
    assert other.owner_of(ledger.id) == "alice"
    assert list(other.ledger_ids()) == [ledger.id]
    assert store.load("bob") is None


def test_events_are_read_by_position_by_kind_and_by_ledger(store: DatabaseLedgerStore) -> None:
    """Pages, filters and streams agree."""
    for number, user_id in enumerate(("alice", "bob", "alice"), 1):
        upload(store, number, user_id)
    everything = store.events_after(0, limit=10)
    assert [recorded.position for recorded in everything] == [1, 2, 3, 4, 5]
    assert store.events_after(2, limit=2) == everything[2:4]
    uploads = store.batch_after(0, limit=9, up_to=3, kinds=[FileUploaded])
    assert (uploads.events, uploads.size, uploads.reached) == ([everything[1]], 3, 3)
    alice = UserLedger.create_id("alice")
    assert list(store.stream(alice)) == [everything[0], everything[1], everything[4]]
    assert list(store.stream(alice, after=1, up_to=2)) == [everything[1]]


def test_a_damaged_row_is_told_apart_from_the_sound_ones_around_it(store: DatabaseLedgerStore) -> None:
    """A batch holds what can be read, and position and ledger of what cannot; a list of events is refused."""
    upload(store, 1)
    upload(store, 1, "bob")
    alice, bob = UserLedger.create_id("alice"), UserLedger.create_id("bob")
    topic, state = store.recorder.select_events(alice)[1].topic, b'{"key":1}'
    store.recorder.insert_events(
        [StoredEvent(alice, 3, topic, state), StoredEvent(bob, 3, "os.system", b"{}")]
    )
    upload(store, 1, "carol")
    batch = store.batch_after(0, limit=9)
    assert [recorded.position for recorded in batch.events] == [1, 2, 3, 4, 7, 8]
    assert [(event.position, event.ledger_id) for event in batch.damaged] == [(5, alice), (6, bob)]
    assert (batch.size, batch.reached) == (8, 8)
    with pytest.raises(IntegrityFaultError, match="is damaged"):
        store.events_after(4, limit=1)


def test_a_destroyed_key_leaves_tombstones_and_a_whole_chain(
    store: DatabaseLedgerStore, tmp_path: Path
) -> None:
    """After the key is gone events still decode, without personal data, and the bytes still verify."""
    upload(store, 1)
    assert KeyFolder(tmp_path / "keys").destroy(UserLedger.create_id("alice"))
    opened, uploaded = (recorded.event for recorded in store.events_after(0, limit=10))
    assert isinstance(opened, LedgerOpened)
    assert isinstance(uploaded, FileUploaded)
    assert (opened.user_id, uploaded.filename, uploaded.size_bytes) == (ERASED, ERASED, 1)
    assert {problem.kind for problem in store.verify_chain().problems} <= {"key"}


def test_a_stale_ledger_conflicts(store: DatabaseLedgerStore, open_store: OpenStore) -> None:
    """Two decisions on the same state: the second is told to decide again."""
    upload(store, 1)
    other = open_store()
    first, second = store.load("alice"), other.load("alice")
    assert first is not None
    assert second is not None
    first.delete("000000000001", NOW)
    second.delete("000000000001", NOW)
    store.append(first)
    with pytest.raises(ConflictError):
        other.append(second)


def test_a_long_ledger_loads_from_a_snapshot_like_from_its_events(
    store: DatabaseLedgerStore, open_store: OpenStore
) -> None:
    """Snapshot and tail give what all events give; snapshots can be discarded."""
    for number in range(1, 120):
        upload(store, number)
    with_snapshot = open_store().load("alice")
    store.recorder.discard_snapshots(UserLedger.create_id("alice").hex, 10**6)
    assert open_store().load("alice") == with_snapshot == store.load("alice")


def test_a_clean_ledger_of_many_users_verifies(store: DatabaseLedgerStore) -> None:
    """Nothing is found where nothing is wrong."""
    for user in ("alice", "bob", "carol"):
        upload(store, 1, user)
    report = store.verify_chain()
    assert (report.events, report.ledgers, report.problems) == (6, 3, ())
    assert store.verify_chain("bob").events == 2
    assert len(set(store.digests())) == 6


def test_a_journal_witnesses_the_ledger(store: DatabaseLedgerStore, tmp_path: Path) -> None:
    """It takes in every event and finds no contradiction."""
    upload(store, 1)
    journal = FolderJournal(tmp_path / "journal", store, TurnedClock())
    assert journal.catch_up() == 2
    upload(store, 2)
    assert list(journal.examine()) == []
    assert journal.status().events == 3
    assert list(journal.digests()) == list(store.digests())


def test_policies_remember_how_far_they_came(store: DatabaseLedgerStore, open_store: OpenStore) -> None:
    """A position survives and never goes back."""
    assert store.policy_position("purge") == 0
    store.advance_policy("purge", 5)
    store.advance_policy("purge", 3)
    assert open_store().policy_position("purge") == 5


def test_a_ledger_without_its_key_cannot_go_on(store: DatabaseLedgerStore, tmp_path: Path) -> None:
    """A lost key is not replaced in silence: the past would be unreadable for good."""
    upload(store, 1)
    (tmp_path / "keys" / f"{UserLedger.create_id('alice').hex}.key").unlink()
    with pytest.raises(IntegrityFaultError, match="Restore the keys folder"):
        upload(store, 2)


def test_a_past_version_is_found_by_its_time(store: DatabaseLedgerStore) -> None:
    """Times that lie before, at and after the events."""
    upload(store, 1)
    alice = UserLedger.create_id("alice")
    seen = [
        store.recorder.version_at(alice.hex, f"2026-01-02T03:04:05.{ms}Z") for ms in ("677", "678", "679")
    ]
    assert seen == [0, 2, 2]


def test_a_past_version_is_found_by_its_position(store: DatabaseLedgerStore) -> None:
    """The ledger's own events count, up to the position; of who is unknown there are none."""
    upload(store, 1)
    alice, first = UserLedger.create_id("alice"), store.head()
    upload(store, 2)
    assert [store.version_by(alice, position) for position in (0, first, store.head() + 5)] == [0, 2, 3]
    assert store.version_by(UserLedger.create_id("nobody"), store.head()) == 0


def test_events_that_name_a_file_are_found_in_the_stream(store: DatabaseLedgerStore) -> None:
    """Only those whose stored state holds the text."""
    for number in (1, 2, 3):
        upload(store, number)
    rows = list(store.recorder.select_positioned(UserLedger.create_id("alice").hex, 0, None, "000000000002"))
    assert [row["originator_version"] for row in rows] == [3]
