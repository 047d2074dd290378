"""The ledger store: personal fields, snapshots, verification, faults."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from application.verify import VerifyLedger
from domain.errors import ConflictError, EnvironmentFaultError, IntegrityFaultError
from domain.events import FileUploaded, LedgerOpened
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.personal import ERASED
from domain.retention import Limits
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore

NOW = Metadata(timestamp=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), actor="user:alice", cause="msg-1")
SECRET = "très-secret-diary.csv"


def open_store(folder: Path) -> SQLiteLedgerStore:
    """Return a store whose database and keys are in `folder`."""
    return SQLiteLedgerStore(folder / "ledger" / "ledger.db", KeyFolder(folder / "keys"))


@pytest.fixture
def store(tmp_path: Path) -> SQLiteLedgerStore:
    """Return a new store."""
    return open_store(tmp_path)


def upload(store: SQLiteLedgerStore, number: int, user_id: str = "alice", **how: Limits) -> int:
    """Record one upload and return its position."""
    ledger = store.load(user_id) or UserLedger.open(user_id, NOW)
    new = NewFile(
        file_id=f"{number:012d}", filename=SECRET, file_type="CSV", size_bytes=number, sha256=f"{number:064d}"
    )
    ledger.upload(new, source=f"s{number}", expires_at=None, limits=how.get("limits", Limits()), metadata=NOW)
    return store.append(ledger)


def without_triggers(tmp_path: Path) -> sqlite3.Connection:
    """Return a connection of an intruder who took the append-only triggers away."""
    connection = sqlite3.connect(tmp_path / "ledger" / "ledger.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def files_of(folder: Path) -> bytes:
    """Return every byte of the database's files."""
    return b"".join(path.read_bytes() for path in (folder / "ledger").iterdir())


def test_what_was_saved_is_read_back_by_another_process(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """A second store on the same folder has the same ledger."""
    upload(store, 1)
    ledger = open_store(tmp_path).load("alice")
    assert ledger is not None
    assert ledger.files["000000000001"].filename == SECRET
    assert ledger.files["000000000001"].uploaded_at == NOW.timestamp
    assert store.load("bob") is None


def test_personal_fields_are_not_in_the_database(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """Neither names nor user ids nor digests stand in the files, snapshots included."""
    for number in range(1, 210):
        upload(store, number)
    stored = files_of(tmp_path)
    count = "SELECT count(*) FROM stored_snapshots"
    assert sqlite3.connect(tmp_path / "ledger" / "ledger.db").execute(count).fetchone()[0] > 0
    for secret in (SECRET.encode(), b"secret-diary", b"alice", b"msg-1"):
        assert secret not in stored
    assert b"000000000001" in stored


def test_a_destroyed_key_leaves_tombstones_and_a_whole_chain(
    store: SQLiteLedgerStore, tmp_path: Path
) -> None:
    """After the key is gone events still decode, without personal data, and the bytes still verify."""
    upload(store, 1)
    assert KeyFolder(tmp_path / "keys").destroy(UserLedger.create_id("alice"))
    events = [recorded.event for recorded in store.events_after(0, limit=10)]
    assert isinstance(events[0], LedgerOpened)
    assert isinstance(events[1], FileUploaded)
    assert (events[0].user_id, events[1].filename, events[1].actor) == (ERASED, ERASED, ERASED)
    assert events[1].size_bytes == 1
    assert {problem.kind for problem in store.verify_chain().problems} == {"key"}


def test_a_ledger_without_its_key_cannot_go_on(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """A lost key is not replaced in silence: the past would be unreadable for good."""
    upload(store, 1)
    shutil.rmtree(tmp_path / "keys")
    with pytest.raises(IntegrityFaultError, match="Restore the keys folder"):
        upload(store, 2)


def test_a_stale_ledger_conflicts(store: SQLiteLedgerStore) -> None:
    """Two decisions on the same state: the second is told to decide again."""
    upload(store, 1)
    first, second = store.load("alice"), store.load("alice")
    assert first is not None
    assert second is not None
    first.delete("000000000001", NOW)
    second.delete("000000000001", NOW)
    store.append(first)
    with pytest.raises(ConflictError):
        store.append(second)


def test_a_long_ledger_loads_from_a_snapshot_like_from_its_events(
    store: SQLiteLedgerStore, tmp_path: Path
) -> None:
    """Snapshot and tail give what all events give, and a damaged snapshot is no loss."""
    for number in range(1, 260):
        upload(store, number)
    fresh = open_store(tmp_path).load("alice")
    intruder = sqlite3.connect(tmp_path / "ledger" / "ledger.db", isolation_level=None)
    assert intruder.execute("SELECT count(*) FROM stored_snapshots").fetchone()[0] >= 1
    intruder.execute("UPDATE stored_snapshots SET state = x'7b7d'")
    from_events = open_store(tmp_path).load("alice")
    assert fresh == from_events
    assert fresh is not None
    assert len(fresh.files) == Limits().max_files


@pytest.mark.parametrize("column", ["state", "topic", "originator_id"])
def test_audit_09_every_byte_flipped_anywhere_is_found_and_its_event_named(
    store: SQLiteLedgerStore, tmp_path: Path, column: str
) -> None:
    """One byte in each event, at each offset of the column in turn: every one is found, with its sequence."""
    longest = {"state": 700, "topic": 12, "originator_id": 32}[column]
    ledger = UserLedger.open("alice", NOW)
    for number in range(1, longest + 1):
        ledger.upload(
            NewFile(
                file_id=f"{number:012d}", filename=SECRET, file_type="CSV", size_bytes=1, sha256="0" * 64
            ),
            source=f"s{number}",
            expires_at=None,
            limits=Limits(max_files=1000),
            metadata=NOW,
        )
    store.append(ledger)
    intruder = without_triggers(tmp_path)
    intruder.execute("BEGIN")
    select = f"SELECT rowid, CAST({column} AS BLOB) FROM stored_events WHERE rowid > 1"  # noqa: S608 - ours
    change = f"UPDATE stored_events SET {column} = ? WHERE rowid = ?"  # noqa: S608 - ours
    for offset, (position, value) in enumerate(intruder.execute(select).fetchall()):
        flipped = bytearray(value)
        flipped[offset % len(flipped)] ^= 1
        intruder.execute(change, (flipped if column == "state" else flipped.decode(), position))
    intruder.execute("COMMIT")
    problems = open_store(tmp_path).verify_chain().problems
    named = {problem.sequence for problem in problems if problem.kind in {"chain", "payload"}}
    assert named >= set(range(2, longest + 2))


@pytest.mark.parametrize("offset", [0, 1, 20, -1, -2, -30])
def test_audit_09_one_flipped_byte_is_found_and_named(
    store: SQLiteLedgerStore, tmp_path: Path, offset: int
) -> None:
    """Wherever a byte of a stored state is flipped, the check names user and sequence of that event alone."""
    for number in range(1, 6):
        upload(store, number)
    intruder = without_triggers(tmp_path)
    state = bytearray(intruder.execute("SELECT state FROM stored_events WHERE rowid = 4").fetchone()[0])
    state[offset] ^= 1
    intruder.execute("UPDATE stored_events SET state = ? WHERE rowid = 4", (bytes(state),))
    problems = open_store(tmp_path).verify_chain().problems
    assert problems
    assert {(problem.user_id, problem.sequence) for problem in problems} == {("alice", 4)}


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        ("UPDATE stored_events SET topic = 'FileDeleted' WHERE rowid = 3", "chain"),
        ("UPDATE event_digests SET digest = zeroblob(32) WHERE originator_version = 3", "chain"),
        ("DELETE FROM stored_events WHERE rowid = 3", "missing"),
        ("DELETE FROM event_digests WHERE originator_version = 3", "chain"),
        ("DELETE FROM stored_events WHERE rowid = 6", "missing"),
        (
            """DELETE FROM stored_events WHERE rowid = 6;
            DELETE FROM event_digests WHERE originator_version = 6""",
            "missing",
        ),
        ("DELETE FROM stored_events; DELETE FROM event_digests", "missing"),
    ],
)
def test_other_damage_is_found(store: SQLiteLedgerStore, tmp_path: Path, damage: str, kind: str) -> None:
    """A changed topic, a forged digest, a lost event in the middle, at the end, or all of them."""
    for number in range(1, 6):
        upload(store, number)
    without_triggers(tmp_path).executescript(damage)
    report = open_store(tmp_path).verify_chain()
    assert kind in {problem.kind for problem in report.problems}


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM stored_events WHERE rowid = 4; DELETE FROM event_digests WHERE originator_version = 4",
        "UPDATE stored_events SET originator_version = 9223372036854775807 WHERE rowid = 4",
        "UPDATE stored_events SET originator_version = 'x' WHERE rowid = 4",
        "UPDATE stored_events SET originator_id = 'zz' WHERE rowid = 4",
        "UPDATE stored_events SET originator_id = '[red]x' WHERE rowid = 4",
        "UPDATE stored_events SET originator_id = x'ff00' WHERE rowid = 4",
        "UPDATE stored_events SET topic = x'ff' WHERE rowid = 4",
        "UPDATE stored_events SET state = 17 WHERE rowid = 4",
        "UPDATE event_digests SET digest = 'text' WHERE originator_version = 4",
        "UPDATE stored_events SET rowid = 99 WHERE rowid = 4",
        "UPDATE stored_events SET state = replace(CAST(state AS TEXT), 'CSV', 'TSV') WHERE rowid = 4",
    ],
)
def test_no_damage_breaks_the_check_itself(store: SQLiteLedgerStore, tmp_path: Path, damage: str) -> None:
    """Wrong types, foreign ids, lost and moved rows: each is a finding, none an exception."""
    for number in range(1, 6):
        upload(store, number)
    without_triggers(tmp_path).executescript(damage)
    again = open_store(tmp_path)
    assert again.verify_chain().problems
    VerifyLedger(again, FolderBlobStore(tmp_path / "user_files"))()


def test_a_byte_flipped_in_the_file_behind_the_index_is_found(
    store: SQLiteLedgerStore, tmp_path: Path
) -> None:
    """The table is read, not its index: an altered ledger id in the row alone does not pass."""
    for number in range(1, 4):
        upload(store, number)
    store.close()
    database = tmp_path / "ledger" / "ledger.db"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(database.read_bytes())
    ledger_id = UserLedger.create_id("alice").hex.encode()
    flipped = 0
    for at in range(len(content) - 32):
        if content[at : at + 32] == ledger_id and b"File" in content[at + 32 : at + 48]:
            content[at] ^= 1
            flipped += 1
            break
    assert flipped
    database.write_bytes(content)
    assert open_store(tmp_path).verify_chain().problems


def test_a_public_field_cannot_be_changed_without_the_key(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """Public fields are bound to the sealed box: even with a forged chain the event does not decode."""
    upload(store, 1)
    intruder = without_triggers(tmp_path)
    forge = "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'CSV', 'TSV') AS BLOB)"
    intruder.execute(f"{forge} WHERE rowid = 2")
    with pytest.raises(IntegrityFaultError, match="does not open"):
        list(open_store(tmp_path).stream(UserLedger.create_id("alice")))


def test_a_forged_event_of_an_unknown_kind_imports_nothing(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """A topic is looked up in a table; it cannot name a module to be loaded."""
    upload(store, 1)
    without_triggers(tmp_path).execute("UPDATE stored_events SET topic = 'antigravity:x' WHERE rowid = 2")
    problems = open_store(tmp_path).verify_chain().problems
    assert {"chain", "payload"} <= {problem.kind for problem in problems}


def test_a_moved_box_does_not_open(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """The sealed fields of one event are worthless in another, even of the same user."""
    upload(store, 1)
    upload(store, 2)
    intruder = without_triggers(tmp_path)
    intruder.execute(
        "UPDATE stored_events SET state = (SELECT state FROM stored_events WHERE rowid = 2) WHERE rowid = 3"
    )
    with pytest.raises(IntegrityFaultError, match="does not open"):
        list(open_store(tmp_path).stream(UserLedger.create_id("alice")))


def test_a_clean_ledger_of_many_users_verifies(store: SQLiteLedgerStore) -> None:
    """Nothing is found where nothing is wrong."""
    for user in ("alice", "bob", "carol"):
        upload(store, 1, user)
    report = store.verify_chain()
    assert (report.events, report.ledgers, report.problems) == (6, 3, ())
    assert store.verify_chain("bob").events == 2


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    """Garbage in place of the ledger is named, with what to do."""
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "ledger.db").write_bytes(b"garbage " * 1000)
    with pytest.raises(IntegrityFaultError, match="no ledger"):
        open_store(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    """A file in place of the data folder is named."""
    (tmp_path / "ledger").write_text("in the way")
    with pytest.raises(EnvironmentFaultError, match="Cannot make the data folder"):
        open_store(tmp_path)


def test_policies_remember_how_far_they_came(store: SQLiteLedgerStore, tmp_path: Path) -> None:
    """A position survives and never goes back."""
    assert store.policy_position("purge") == 0
    store.advance_policy("purge", 5)
    store.advance_policy("purge", 3)
    assert open_store(tmp_path).policy_position("purge") == 5
