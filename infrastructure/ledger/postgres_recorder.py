"""The recorder on PostgreSQL: append-only by triggers and grants, gapless, chained, followable by LISTEN.

Tables: `stored_events` (the library's), `event_digests` (the chain, and the file and time that an
event names), the tracking of policies. Writers take turns by an advisory lock, which needs no right to
change rows; each gives its events the positions after the newest, so that there are no holes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from threading import Event, Thread
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.persistence import (
    InterfaceError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresProcessRecorder
from eventsourcing.utils import retry
from psycopg import Cursor
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier, Literal

from domain.errors import FileLedgerError
from infrastructure.ledger.postgres_connections import LedgerDatastore, one_connection
from infrastructure.ledger.recorder import (
    FILE_TOPICS,
    POLL_INTERVAL_S,
    SCAN_ROWS,
    Growth,
    RawEvent,
    chained,
    place_of,
)

WRITING_LOCK = 0x66696C656C656467  # "fileledg": the writers' turn
SHAPE_LOCK = WRITING_LOCK + 1  # who makes the tables
RETRIES, RETRY_WAIT_S = 10, 0.2  # of a read whose connection broke, like the library's own
_DIGESTS_TABLE = SQL(
    "CREATE TABLE IF NOT EXISTS {schema}.event_digests ("
    "originator_id uuid NOT NULL, originator_version bigint NOT NULL, digest bytea NOT NULL, "
    'file_id text, recorded_at text COLLATE "C", '
    "PRIMARY KEY (originator_id, originator_version))"
)
_BY_FILE = SQL(
    "CREATE INDEX IF NOT EXISTS event_digests_by_file ON {schema}.event_digests (file_id) "
    "WHERE file_id IS NOT NULL"
)
_BY_TIME = SQL(
    "CREATE INDEX IF NOT EXISTS event_digests_by_time "
    "ON {schema}.event_digests (originator_id, recorded_at, originator_version)"
)
_REFUSAL = SQL(
    "CREATE OR REPLACE FUNCTION {schema}.refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
)
_TRIGGER = SQL(
    "CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.{table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_to_rewrite()"
)
_REVOKE = SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.{table} FROM PUBLIC, CURRENT_USER")


class PostgresLedgerRecorder(PostgresProcessRecorder):
    """Application and tracking recorder of the ledger."""

    def __init__(self, datastore: LedgerDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name, tracking_table_name="tracking")
        schema, events = Identifier(datastore.schema), Identifier(events_table_name)
        self._names = {"schema": schema, "events": events}
        self.sql_create_statements += [
            statement.format(schema=schema) for statement in (_DIGESTS_TABLE, _BY_FILE, _BY_TIME, _REFUSAL)
        ]
        for table in (events_table_name, "event_digests"):
            names = {"schema": schema, "table": Identifier(table)}
            name = Identifier(f"{table}_refuses_rewriting")
            self.sql_create_statements += [_TRIGGER.format(name=name, **names), _REVOKE.format(**names)]
        self._conninfo = datastore.conninfo
        self._growth, self._closing = Growth(), Event()
        self._listener: Thread | None = None

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Insert events and digests in one transaction, then wake who follows, in any process.

        Raises:
            IntegrityError: a version exists already, or the one before it does not.
        """
        with self.datastore.transaction(commit=True) as curs:
            newest, known = self._begin_writing(curs, stored_events)
            self._insert_events(curs, stored_events, **kwargs)
            positions = list(range(newest + 1, newest + 1 + len(stored_events)))
            self._insert(curs, list(chained(positions, stored_events, partial(self._digest_at, curs, known))))
        self.wake()
        return positions

    def _begin_writing(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent]
    ) -> tuple[int, Mapping[tuple[str, int], bytes | None]]:
        """Take the writers' turn until the commit, which then tells everybody who listens; in one round trip.

        Return the newest position, and the digest that the first event goes on from, by its place.
        """
        ledger, version = place_of(stored_events[0]) if stored_events else (UUID(int=0).hex, 0)
        begin = SQL(_BEGIN).format(
            lock=Literal(WRITING_LOCK),
            channel=Identifier(self.channel_name),
            ledger=Literal(UUID(ledger)),
            version=Literal(version - 1),
            **self._names,
        )
        curs.execute(begin, prepare=False)  # several statements cannot be prepared
        while curs.nextset():
            pass
        row = curs.fetchone() or {}
        return row["newest"], {(ledger, version - 1): row["digest"]}

    def _digest_at(
        self,
        curs: Cursor[DictRow],
        known: Mapping[tuple[str, int], bytes | None],
        ledger_hex: str,
        version: int,
    ) -> bytes | None:
        if (ledger_hex, version) in known:
            return known[ledger_hex, version]
        query = "SELECT digest FROM {schema}.event_digests WHERE originator_id=%s AND originator_version=%s"
        curs.execute(SQL(query).format(**self._names), (UUID(ledger_hex), version))
        row = curs.fetchone()
        return bytes(row["digest"]) if row else None

    def _insert(self, curs: Cursor[DictRow], events: Sequence[tuple[int, StoredEvent, bytes]]) -> None:
        """Insert events and digests by one statement, a column an array: each statement is a round trip."""
        if not events:
            return
        positions, stored, digests = zip(*events, strict=True)
        facts = [_facts(event) for event in stored]
        columns = {
            "ledgers": [UUID(place_of(event)[0]) for event in stored],
            "versions": [event.originator_version for event in stored],
            "topics": [event.topic for event in stored],
            "states": [event.state for event in stored],
            "positions": list(positions),
            "digests": list(digests),
            "files": [file_id for file_id, _ in facts],
            "times": [time for _, time in facts],
        }
        curs.execute(SQL(_INSERT).format(**self._names), columns)

    # -- following -------------------------------------------------------------

    def wake(self) -> None:
        """Let everybody in this process who waits for events look again."""
        self._growth.tell()

    def wait_for_events(self, seen: int, timeout_s: float = POLL_INTERVAL_S) -> int:
        """Block until any process inserts (`seen` is the last return value) or time is over."""
        if self._listener is None:
            self._listener = Thread(target=self._listen, name="listen", daemon=True)
            self._listener.start()
        return self._growth.wait(seen, timeout_s)

    def _listen(self) -> None:
        """Wake on every NOTIFY. Without the connection, who waits still looks at each time-out."""
        while not self._closing.is_set():
            with suppress(FileLedgerError, PersistenceError), one_connection(self._conninfo) as connection:
                connection.execute(SQL("LISTEN {}").format(Identifier(self.channel_name)))
                while not self._closing.is_set():
                    for _ in connection.notifies(timeout=POLL_INTERVAL_S, stop_after=1):
                        self.wake()
            self._closing.wait(POLL_INTERVAL_S)

    # -- reading ---------------------------------------------------------------

    def find_file(self, file_id: str) -> str | None:
        """Return the hex id of the ledger that recorded `file_id`."""
        rows = self._query(
            "SELECT originator_id FROM {schema}.event_digests WHERE file_id = %s LIMIT 1", file_id
        )
        return rows[0]["originator_id"].hex if rows else None

    def version_at(self, ledger_hex: str, time: str) -> int:
        """Return the highest version of a ledger's events whose time is not after `time`, 0 when none is."""
        (row,) = self._query(
            "SELECT coalesce(max(originator_version), 0) AS version FROM {schema}.event_digests "
            "WHERE originator_id = %s AND recorded_at <= %s",
            UUID(ledger_hex),
            time,
        )
        return int(row["version"])

    def version_by(self, ledger_hex: str, position: int) -> int:
        """Return the version of a ledger's last event no further than `position`, 0 when there is none."""
        rows = self._query(
            "SELECT originator_version AS version FROM {schema}.{events} "
            "WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version DESC LIMIT 1",
            UUID(ledger_hex),
            position,
        )
        return int(rows[0]["version"]) if rows else 0

    def select_positioned(
        self, ledger_hex: str, gt: int, lte: int | None, naming: str | None = None
    ) -> Iterator[DictRow]:
        """Yield one ledger's rows (position, originator_version, topic, state) in order.

        With `naming` only those whose stored state holds that text.
        """
        text, last = (naming or "").encode(), 2**62 if lte is None else lte
        while True:
            rows = self._query(_STREAM, UUID(ledger_hex), gt, last, text, SCAN_ROWS)
            yield from rows
            if len(rows) < SCAN_ROWS:
                return
            gt = rows[-1]["originator_version"]

    def select_after(self, position: int, limit: int, up_to: int | None) -> Sequence[Sequence[Any]]:
        """Return rows (position, ledger, version, topic, state) of all ledgers, in order."""
        rows = self._query(_AFTER, position, 2**62 if up_to is None else up_to, limit)
        return [
            (
                row["notification_id"],
                row["originator_id"].hex.encode(),
                row["originator_version"],
                row["topic"].encode(),
                row["state"],
            )
            for row in rows
        ]

    def ledger_hexes(self) -> Iterator[str]:
        """Yield the hex id of every ledger, in order."""
        rows = self._query("SELECT DISTINCT originator_id FROM {schema}.{events} ORDER BY originator_id")
        return (row["originator_id"].hex for row in rows)

    def scan(self, ledger_hex: str | None = None, *, after: int = 0) -> Iterator[RawEvent]:
        """Yield every event after a position as it lies in the table, in order, of one ledger or of all."""
        only = SQL("AND e.originator_id = {}").format(Literal(UUID(ledger_hex))) if ledger_hex else SQL("")
        rows: Sequence[DictRow] = ()
        while after == 0 or len(rows) == SCAN_ROWS or not rows:
            rows = self._query(_SCAN.replace("{only}", only.as_string()), after, SCAN_ROWS)
            yield from map(_raw, rows)
            if len(rows) < SCAN_ROWS:
                return
            after = rows[-1]["position"]

    def digest_places(self, ledger_hex: str | None = None) -> Iterator[tuple[str, Any]]:
        """Yield ledger and version of every digest, of one ledger or of all."""
        ledger = UUID(ledger_hex) if ledger_hex else None
        rows = self._query(
            "SELECT originator_id, originator_version FROM {schema}.event_digests "
            "WHERE %s::uuid IS NULL OR originator_id = %s",
            ledger,
            ledger,
        )
        return ((row["originator_id"].hex, row["originator_version"]) for row in rows)

    def counts(self) -> tuple[int, int, int]:
        """Return events stored, the highest position, and how many digests say that there were."""
        (row,) = self._query(
            "SELECT (SELECT count(*) FROM {schema}.{events}) AS events, "
            "(SELECT coalesce(max(notification_id), 0) FROM {schema}.{events}) AS top, "
            "(SELECT count(*) FROM {schema}.event_digests) AS ever"
        )
        return row["events"], row["top"], row["ever"]

    def integrity_faults(self) -> list[str]:
        """Return nothing: PostgreSQL checks its pages when it reads them."""
        return []

    # -- restoring, forgetting -------------------------------------------------

    def restore(self, events: Iterable[tuple[int, StoredEvent, bytes]]) -> None:
        """Insert events (position, event, digest) as they were, all or none; the caller checked the chain."""
        remaining = iter(events)
        with self.datastore.transaction(commit=True) as curs:
            curs.execute("SELECT pg_advisory_xact_lock(%s)", (WRITING_LOCK,))
            while batch := list(islice(remaining, SCAN_ROWS)):
                self._insert(curs, batch)

    def discard_snapshots(self, ledger_hex: str, version: int) -> None:
        """Remove a ledger's snapshots up to a version."""
        with self.datastore.transaction(commit=True) as curs:
            statement = (
                "DELETE FROM {schema}.stored_snapshots WHERE originator_id=%s AND originator_version<=%s"
            )
            curs.execute(SQL(statement).format(**self._names), (UUID(ledger_hex), version))

    def close(self) -> None:
        """End the listening."""
        self._closing.set()
        if self._listener is not None:
            self._listener.join()

    @retry((InterfaceError, OperationalError), max_attempts=RETRIES, wait=RETRY_WAIT_S)
    def _query(self, query: str, *params: Any) -> Sequence[DictRow]:
        with self.datastore.get_connection() as connection:
            return connection.execute(SQL(query).format(**self._names), params or None).fetchall()


_BEGIN = (
    "SELECT pg_advisory_xact_lock({lock}); NOTIFY {channel}; "
    "SELECT (SELECT coalesce(max(notification_id), 0) FROM {schema}.{events}) AS newest, "
    "(SELECT digest FROM {schema}.event_digests "
    "WHERE originator_id = {ledger} AND originator_version = {version}) AS digest"
)
_INSERT = (
    "WITH new AS (SELECT * FROM unnest(%(ledgers)s::uuid[], %(versions)s::bigint[], %(topics)s::text[], "
    "%(states)s::bytea[], %(positions)s::bigint[], %(digests)s::bytea[], %(files)s::text[], "
    "%(times)s::text[]) "
    "AS new (ledger, version, topic, state, position, digest, file, time)), "
    "events AS (INSERT INTO {schema}.{events} SELECT ledger, version, topic, state, position FROM new) "
    "INSERT INTO {schema}.event_digests SELECT ledger, version, digest, file, time FROM new"
)
_STREAM = (
    "SELECT notification_id AS position, originator_version, topic, state FROM {schema}.{events} "
    "WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s "
    "AND position(%s::bytea in state) > 0 ORDER BY originator_version LIMIT %s"
)
_AFTER = (
    "SELECT notification_id, originator_id, originator_version, topic, state FROM {schema}.{events} "
    "WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s"
)
_SCAN = (
    "SELECT e.notification_id AS position, e.originator_id, e.originator_version, e.topic, e.state, "
    "d.digest, p.digest AS previous FROM {schema}.{events} AS e "
    "LEFT JOIN {schema}.event_digests AS d USING (originator_id, originator_version) "
    "LEFT JOIN {schema}.event_digests AS p "
    "ON p.originator_id = e.originator_id AND p.originator_version = e.originator_version - 1 "
    "WHERE e.notification_id > %s {only} ORDER BY e.notification_id LIMIT %s"
)


def _raw(row: DictRow) -> RawEvent:
    return RawEvent(
        row["position"],
        row["originator_id"].hex.encode(),
        row["originator_version"],
        None if row["topic"] is None else row["topic"].encode(),
        row["state"],
        row["digest"],
        row["previous"],
    )


def _facts(stored: StoredEvent) -> tuple[str | None, str | None]:
    """Return file and time of an event, to be found by; damaged states must stay storable."""
    try:
        state = orjson.loads(stored.state)
        time, file_id = state.get("timestamp"), state.get("file_id")
    except (ValueError, AttributeError):
        return None, None
    return str(file_id) if file_id and stored.topic in FILE_TOPICS else None, time and str(time)
