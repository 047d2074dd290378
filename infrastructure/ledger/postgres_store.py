"""The ledger store on PostgreSQL, by URL."""

from contextlib import AbstractContextManager
from typing import cast

from eventsourcing.postgres import PostgresAggregateRecorder
from psycopg import Connection
from psycopg.rows import DictRow

from application.ports.lease import Lease
from infrastructure.ledger.errors import ledger_errors
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_connections import (
    CONNINFO,
    LedgerDatastore,
    LedgerFactory,
    conninfo_of,
    one_connection,
)
from infrastructure.ledger.postgres_locks import PostgresLease, turn
from infrastructure.ledger.postgres_recorder import SHAPE_LOCK, PostgresLedgerRecorder
from infrastructure.ledger.store import DatabaseLedgerStore

_FACTORY = f"{LedgerFactory.__module__}:{LedgerFactory.__qualname__}"
_IS_MADE = """
    SELECT count(*) = 2 AS made FROM pg_trigger
    WHERE tgrelid IN (to_regclass('public.stored_events'), to_regclass('public.event_digests'))
    AND tgname LIKE '%refuses_rewriting'
"""


class PostgresLedgerStore(DatabaseLedgerStore):
    """The ledger in a PostgreSQL database; keys stay in a folder.

    Raises:
        InvalidValueError: the address is malformed.
        EnvironmentFaultError: no server answers there, or it lets nobody in.
    """

    def __init__(self, url: str, keys: KeyFolder) -> None:
        conninfo = conninfo_of(url)
        # Looked for once here: the pool would go on trying, and not say why.
        with ledger_errors("open the ledger"), one_connection(conninfo) as connection:
            self._place = _place(connection)
            lay_out(conninfo, connection)
        settings = {"PERSISTENCE_MODULE": _FACTORY, "CREATE_TABLE": "n", CONNINFO: conninfo}
        super().__init__(settings, _make_recorder, keys)

    @property
    def place(self) -> str:
        """Where the ledger is, and as whom; never with the password."""
        return self._place

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Give a block that one process at a time is in, on whatever machine."""
        return turn(self._datastore, name)

    def lease(self, name: str) -> Lease:
        """Return a lease among the processes of all machines."""
        return PostgresLease(self._datastore.conninfo, name)

    @property
    def _datastore(self) -> LedgerDatastore:
        return cast("LedgerDatastore", cast("PostgresLedgerRecorder", self.recorder).datastore)

    def close(self) -> None:
        """Stop listening, then close the connections."""
        cast("PostgresLedgerRecorder", self.recorder).close()
        super().close()


def _make_recorder(factory: object) -> PostgresLedgerRecorder:
    return PostgresLedgerRecorder(cast("LedgerFactory", factory).datastore)


def lay_out(conninfo: str, connection: Connection[DictRow]) -> None:
    """Make tables, triggers and grants where they are missing, once, whoever else starts.

    What stands is left alone: so a role that may only read and append works on tables that another made.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (SHAPE_LOCK,))  # until this connection ends
    if connection.execute(_IS_MADE).fetchone() == {"made": True}:
        return
    datastore = LedgerDatastore(conninfo)
    PostgresLedgerRecorder(datastore).create_table()
    PostgresAggregateRecorder(datastore, events_table_name="stored_snapshots").create_table()
    datastore.close()


def _place(connection: Connection[DictRow]) -> str:
    row = connection.execute("SELECT usesuper FROM pg_user WHERE usename = current_user").fetchone()
    hint = "; it is a superuser, who could take these safeguards away" if row and row["usesuper"] else ""
    at = connection.info
    return f"PostgreSQL database {at.dbname} on {at.host}:{at.port} as role {at.user}{hint}"
