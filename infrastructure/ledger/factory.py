"""Which database the settings ask for. The driver of PostgreSQL takes a tenth of a second to be imported."""

from pathlib import Path

from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.restoration import NewLedger, NewSQLiteLedger
from infrastructure.ledger.store import DatabaseLedgerStore, SQLiteLedgerStore


def create_ledger(url: str | None, database: Path, keys: KeyFolder) -> DatabaseLedgerStore:
    """Return the ledger in the PostgreSQL database of LEDGER_URL, or else in a SQLite file.

    Raises:
        InvalidValueError, EnvironmentFaultError: with cause and remedy.
    """
    if url is None:
        return SQLiteLedgerStore(database, keys)
    from infrastructure.ledger.postgres_store import PostgresLedgerStore  # noqa: PLC0415 - few need it

    return PostgresLedgerStore(url, keys)


def create_new_ledger(url: str | None, database: Path, keys: KeyFolder) -> NewLedger:
    """Return where a ledger is restored to: the same place that `create_ledger` takes."""
    if url is None:
        return NewSQLiteLedger(database)
    from infrastructure.ledger.postgres_restoration import NewPostgresLedger  # noqa: PLC0415 - few need it

    return NewPostgresLedger(url, keys)
