"""The ledger store on PostgreSQL, by URL."""

from typing import cast

import psycopg
from eventsourcing.postgres import PostgresFactory
from psycopg.conninfo import conninfo_to_dict

from domain.errors import EnvironmentFaultError, InvalidValueError
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_recorder import PostgresLedgerRecorder
from infrastructure.ledger.store import DatabaseLedgerStore

POOL_SIZE = 4
CONNECT_TIMEOUT_S = 5
_PARTS = {"dbname": "DBNAME", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}


class PostgresLedgerStore(DatabaseLedgerStore):
    """The ledger in a PostgreSQL database; keys stay in a folder of this machine.

    Raises:
        InvalidValueError: the address is malformed, or asks for what is not supported.
        EnvironmentFaultError: no server answers there, or it lets nobody in.
    """

    def __init__(self, url: str, keys: KeyFolder) -> None:
        settings = {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_POOL_SIZE": str(POOL_SIZE)}
        parts = _parts(url)
        _refuse_unreachable(url)
        super().__init__(settings | parts, self._make_recorder, keys)

    def _make_recorder(self, factory: object) -> PostgresLedgerRecorder:
        return PostgresLedgerRecorder(cast("PostgresFactory", factory).datastore)

    def close(self) -> None:
        """Stop listening, then close the connections."""
        cast("PostgresLedgerRecorder", self.recorder).close()
        super().close()


def _refuse_unreachable(url: str) -> None:
    """Look for the server once: the pool would go on trying, and not say why."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg.OperationalError as error:
        why = str(error).strip().splitlines()[-1]
        msg = f"The PostgreSQL server of LEDGER_URL cannot be used: {why}. Check address and server."
        raise EnvironmentFaultError(msg) from error


def _parts(url: str) -> dict[str, str]:
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        msg = "LEDGER_URL is malformed; allowed is postgresql://user:password@host:port/name."
        raise InvalidValueError(msg) from error
    if unknown := sorted(given.keys() - _PARTS.keys()):
        msg = f"LEDGER_URL has options that are not supported: {', '.join(unknown)}."
        raise InvalidValueError(msg)
    defaults = {"dbname": "fileledger", "host": "localhost", "port": "5432", "user": "", "password": ""}
    return {f"POSTGRES_{_PARTS[name]}": str(value) for name, value in (defaults | given).items()}
