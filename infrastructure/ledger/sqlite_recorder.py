"""The recorder on SQLite: append-only by the database, gapless, chained, followable.

Tables: `stored_events` (the library's columns, and `rowid` spelled out so that a
VACUUM keeps it and no number is ever used twice), `event_digests` (the chain),
`tracking` (positions of policies). Triggers refuse UPDATE and DELETE.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, cast

from eventsourcing.persistence import ListenNotifySubscription, StoredEvent, Subscription
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteProcessRecorder

from infrastructure.ledger.recorder import (
    FILE_TOPICS,
    POLL_INTERVAL_S,
    SCAN_ROWS,
    Growth,
    RawEvent,
    chained,
    place_of,
)

_STATE = "CAST(state AS TEXT)"
# A damaged state must stay storable and findable by `verify`, hence json_valid.
_FILE_ID = f"(CASE WHEN json_valid({_STATE}) THEN json_extract({_STATE}, '$.file_id') END)"
_TIME = f"(CASE WHEN json_valid({_STATE}) THEN json_extract({_STATE}, '$.timestamp') END)"
_NAMES_A_FILE = f"topic IN ({', '.join(repr(topic) for topic in FILE_TOPICS)})"
_SAME_PLACE = "originator_id = NEW.originator_id AND originator_version = NEW.originator_version"
_EVENTS_TABLE = """
    CREATE TABLE IF NOT EXISTS {events} (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version)
    )"""
_DIGESTS_TABLE = """
    CREATE TABLE IF NOT EXISTS event_digests (
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        digest BLOB NOT NULL,
        PRIMARY KEY (originator_id, originator_version)
    ) WITHOUT ROWID"""


def _append_only(table: str, taken: str) -> list[str]:
    """Return triggers that refuse UPDATE and DELETE, and an INSERT (OR REPLACE) of what is `taken`.

    A REPLACE deletes without asking DELETE triggers, hence the third.
    """
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    when_taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"
    new = f"CREATE TRIGGER IF NOT EXISTS {table}_refuses"
    return [
        f"{new}_update BEFORE UPDATE ON {table} {refuse}",
        f"{new}_delete BEFORE DELETE ON {table} {refuse}",
        f"{new}_replace BEFORE INSERT ON {table} {when_taken} {refuse}",
    ]


class SQLiteLedgerRecorder(SQLiteProcessRecorder):
    """Application and tracking recorder of the ledger."""

    def __init__(self, datastore: SQLiteDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        columns = "(originator_id, originator_version, topic, state)"
        self.insert_events_statement = f"INSERT INTO {events_table_name} {columns} VALUES (?,?,?,?)"
        self._growth = Growth()

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that make tables, indexes and triggers where they are missing."""
        events = self.events_table_name
        by_file = (
            f"CREATE INDEX IF NOT EXISTS {events}_by_file ON {events} ({_FILE_ID}) WHERE {_NAMES_A_FILE}"
        )
        by_time = (
            f"CREATE INDEX IF NOT EXISTS {events}_by_time "
            f"ON {events} (originator_id, {_TIME}, originator_version)"
        )
        return [
            _EVENTS_TABLE.format(events=events),
            by_file,
            by_time,
            _DIGESTS_TABLE,
            *_append_only(events, f"rowid = NEW.rowid OR ({_SAME_PLACE})"),
            *_append_only("event_digests", _SAME_PLACE),
            *super().construct_create_table_statements()[1:],
        ]

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Insert events and digests in one transaction, then wake who follows in this process.

        Raises:
            IntegrityError: a version exists already, or the one before it does not.
        """
        positions = super().insert_events(stored_events, **kwargs)
        self.wake()
        return positions

    def wake(self) -> None:
        """Let everybody who waits for events look again."""
        self._growth.tell()

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        # The insert comes first: it takes the write lock, which a read would not.
        positions = super()._insert_events(c, stored_events, **kwargs) or []
        chain = chained(positions, stored_events, partial(self._digest_at, c))
        rows = [(*place_of(stored), digest) for _, stored, digest in chain]
        c.executemany("INSERT INTO event_digests VALUES (?,?,?)", rows)
        return positions

    def _digest_at(self, c: SQLiteCursor, ledger_hex: str, version: int) -> bytes | None:
        query = "SELECT digest FROM event_digests WHERE originator_id=? AND originator_version=?"
        c.execute(query, (ledger_hex, version))
        row = c.fetchone()
        return bytes(row["digest"]) if row else None

    def wait_for_events(self, seen: int, timeout_s: float = POLL_INTERVAL_S) -> int:
        """Block until this process inserts again (`seen` is the last return value) or time is over."""
        return self._growth.wait(seen, timeout_s)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        """Follow the events after position `gt`, of any process."""
        return PollingSubscription(self, gt, topics)

    def find_file(self, file_id: str) -> str | None:
        """Return the hex id of the ledger that recorded `file_id`."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT originator_id FROM {self.events_table_name} "
                f"WHERE {_NAMES_A_FILE} AND {_FILE_ID} = ? LIMIT 1",
                (file_id,),
            )
            row = c.fetchone()
        return str(row["originator_id"]) if row else None

    def version_at(self, ledger_hex: str, time: str) -> int:
        """Return the highest version of a ledger's events whose time is not after `time`, 0 when none is."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT max(originator_version) AS version FROM {self.events_table_name} "
                f"WHERE originator_id = ? AND {_TIME} <= ?",
                (ledger_hex, time),
            )
            return int(c.fetchone()["version"] or 0)

    def version_by(self, ledger_hex: str, position: int) -> int:
        """Return the version of a ledger's last event no further than `position`, 0 when there is none."""
        with self.datastore.transaction(commit=False) as c:
            # The plus keeps SQLite from walking the table: from the ledger's end it is a few steps.
            c.execute(
                f"SELECT originator_version AS version FROM {self.events_table_name} "
                "WHERE originator_id = ? AND +rowid <= ? ORDER BY originator_version DESC LIMIT 1",
                (ledger_hex, position),
            )
            row = c.fetchone()
        return int(row["version"]) if row else 0

    def select_positioned(
        self, ledger_hex: str, gt: int, lte: int | None, naming: str | None = None
    ) -> Iterator[Any]:
        """Yield one ledger's rows (position, originator_id, originator_version, topic, state) in order.

        With `naming` only those whose stored state holds that text.
        """
        statement = (
            f"SELECT rowid AS position, * FROM {self.events_table_name} WHERE originator_id=? "
            "AND originator_version>? AND originator_version<=? AND (? IS NULL OR instr(state, ?)) "
            "ORDER BY originator_version LIMIT ?"
        )
        text, last = naming and naming.encode(), 2**62 if lte is None else lte
        while True:
            with self.datastore.transaction(commit=False) as c:
                c.execute(statement, (ledger_hex, gt, last, text, text, SCAN_ROWS))
                rows = c.fetchall()
            yield from rows
            if len(rows) < SCAN_ROWS:
                return
            gt = rows[-1]["originator_version"]

    def select_after(self, position: int, limit: int, up_to: int | None) -> Sequence[Sequence[Any]]:
        """Return rows (position, ledger, version, topic, state) of all ledgers, as they lie in the table.

        The version may be of any type, the others are bytes or None.
        """
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT rowid, CAST(originator_id AS BLOB), originator_version, CAST(topic AS BLOB), "
                f"CAST(state AS BLOB) FROM {self.events_table_name} NOT INDEXED "
                "WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?",
                (position, 2**62 if up_to is None else up_to, limit),
            )
            return cast("list[Sequence[Any]]", c.fetchall())

    def ledger_hexes(self) -> Iterator[str]:
        """Yield the hex id of every ledger, in order."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(f"SELECT DISTINCT originator_id FROM {self.events_table_name} ORDER BY originator_id")
            rows = c.fetchall()
        return (str(row["originator_id"]) for row in rows)

    def scan(self, ledger_hex: str | None = None, *, after: int = 0) -> Iterator[RawEvent]:
        """Yield every event after a position as it lies in the table, in order, of one ledger or of all.

        The table itself is read, not its index, and nothing is taken for granted
        about the columns' types: a damaged row must come out as it is.
        """
        events = self.events_table_name
        statement = (
            "SELECT e.rowid AS position, CAST(e.originator_id AS BLOB), e.originator_version, "
            "CAST(e.topic AS BLOB), CAST(e.state AS BLOB), "
            f"{_digest_of('e.originator_version')}, {_digest_of('e.originator_version - 1')} "
            f"FROM {events} AS e NOT INDEXED "
            "WHERE e.rowid > ? AND (? IS NULL OR e.originator_id = ?) ORDER BY e.rowid LIMIT ?"
        )
        position = after
        while True:
            with self.datastore.transaction(commit=False) as c:
                c.execute(statement, (position, ledger_hex, ledger_hex, SCAN_ROWS))
                rows = c.fetchall()
            yield from (RawEvent(*row) for row in rows)
            if len(rows) < SCAN_ROWS:
                return
            position = rows[-1]["position"]

    def restore(self, events: Iterable[tuple[int, StoredEvent, bytes]]) -> None:
        """Insert events (position, event, digest) as they were, all or none; the caller checked the chain.

        Raises:
            IntegrityError: one of them is there already.
        """
        with self.datastore.transaction(commit=True) as c:
            for position, stored, digest in events:
                place = place_of(stored)
                c.execute(
                    f"INSERT INTO {self.events_table_name} VALUES (?,?,?,?,?)",
                    (position, *place, stored.topic, stored.state),
                )
                c.execute("INSERT INTO event_digests VALUES (?,?,?)", (*place, digest))

    def discard_snapshots(self, ledger_hex: str, version: int) -> None:
        """Remove a ledger's snapshots up to a version: their state is none that anybody may read."""
        with self.datastore.transaction(commit=True) as c:
            c.execute(
                "DELETE FROM stored_snapshots WHERE originator_id=? AND originator_version<=?",
                (ledger_hex, version),
            )

    def digest_places(self, ledger_hex: str | None = None) -> Iterator[tuple[str, Any]]:
        """Yield ledger and version (of whatever type it is) of every digest, of one ledger or of all."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT originator_id, originator_version FROM event_digests "
                "WHERE ? IS NULL OR originator_id = ?",
                (ledger_hex, ledger_hex),
            )
            rows = c.fetchall()
        return ((str(row["originator_id"]), row["originator_version"]) for row in rows)

    def counts(self) -> tuple[int, int, int]:
        """Return events stored, the highest position, and the highest position ever given."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT count(*) AS n, coalesce(max(rowid), 0) AS top "
                f"FROM {self.events_table_name} NOT INDEXED"
            )
            row = c.fetchone()
            table = (self.events_table_name,)
            c.execute("SELECT coalesce(max(seq), 0) AS seq FROM sqlite_sequence WHERE name=?", table)
            return row["n"], row["top"], c.fetchone()["seq"]

    def integrity_faults(self) -> list[str]:
        """Return what SQLite itself finds wrong with its file: broken pages, indexes that disagree."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("PRAGMA integrity_check")
            found = [str(row[0]) for row in c.fetchall()]
        return [] if found == ["ok"] else found


class PollingSubscription(ListenNotifySubscription[SQLiteLedgerRecorder]):
    """Sees this process's inserts at once, another process's within `POLL_INTERVAL_S`."""

    def _loop_on_pull(self) -> None:
        seen = -1
        try:
            while not self._has_been_stopped:
                self._pull()
                seen = self._recorder.wait_for_events(seen)
        except BaseException as error:  # noqa: BLE001 - the iterating thread raises it
            self._thread_error = error
            self.stop()


def _digest_of(version: str) -> str:
    """Return the expression for the stored digest of the row's ledger at a version."""
    return (
        "(SELECT CAST(d.digest AS BLOB) FROM event_digests AS d "
        f"WHERE d.originator_id = e.originator_id AND d.originator_version = {version})"
    )
