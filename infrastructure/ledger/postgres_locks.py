"""Turns and leases of processes on several machines: advisory locks, dropped with the session."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from domain.errors import EnvironmentFaultError
from infrastructure.ledger.errors import ledger_errors
from infrastructure.ledger.postgres_connections import LedgerDatastore

_KEY = "hashtextextended('fileledger ' || %s, 0)"
_LOCK = f"SELECT pg_advisory_lock({_KEY})"
_TRY_LOCK = f"SELECT pg_try_advisory_lock({_KEY}) AS ours"
_UNLOCK = f"SELECT pg_advisory_unlock({_KEY})"
_NOTICE_DEATH = (
    "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2; "
    "SET idle_session_timeout = 0"
)
"""A killed process is noticed at once; a machine that vanished, after 8 seconds."""


@contextmanager
def turn(datastore: LedgerDatastore, name: str) -> Iterator[None]:
    """Hold a named lock alone inside the block; blocks until it is free."""
    with ledger_errors(f"take turns ({name})"), datastore.get_connection() as connection:
        connection.execute(_LOCK, (name,))
        try:
            yield
        finally:
            connection.execute(_UNLOCK, (name,))


class PostgresLease:
    """`Lease` by a session of its own."""

    def __init__(self, conninfo: str, name: str) -> None:
        self._conninfo = make_conninfo(conninfo, connect_timeout=2, tcp_user_timeout=3000)
        self._name = name
        self._connection: Connection[DictRow] | None = None
        self._is_ours = False

    def take(self) -> bool:
        """Take it if nobody has it, and return whether it is ours; again, to learn whether it still is.

        Raises:
            EnvironmentFaultError: the server does not answer.
        """
        try:
            self._is_ours = self._ask()
        except psycopg.Error as error:
            self.release()
            why = str(error).strip().splitlines()[0].rstrip(":.")
            msg = f"The PostgreSQL server of LEDGER_URL cannot tell who is at work: {why}. See that it runs."
            raise EnvironmentFaultError(msg) from error
        return self._is_ours

    def release(self) -> None:
        """Leave it to others."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection, self._is_ours = None, False

    def _ask(self) -> bool:
        if self._connection is None:
            self._connection = psycopg.connect(self._conninfo, autocommit=True, row_factory=dict_row)
            self._connection.execute(_NOTICE_DEATH)
        if self._is_ours:  # as long as the session lives
            self._connection.execute("SELECT 1")
            return True
        row = self._connection.execute(_TRY_LOCK, (self._name,)).fetchone()
        return bool(row and row["ours"])
