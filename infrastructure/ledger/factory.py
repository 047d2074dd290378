"""Which database the settings ask for."""

from pathlib import Path

from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import DatabaseLedgerStore, SQLiteLedgerStore


def create_ledger(url: str | None, database: Path, keys: KeyFolder) -> DatabaseLedgerStore:
    """Return the ledger in the PostgreSQL database of LEDGER_URL, or else in a SQLite file.

    Raises:
        InvalidValueError, EnvironmentFaultError: with cause and remedy.
    """
    if url is None:
        return SQLiteLedgerStore(database, keys)
    # The driver takes a tenth of a second to be imported, which most never need.
    from infrastructure.ledger.postgres_store import PostgresLedgerStore  # noqa: PLC0415

    return PostgresLedgerStore(url, keys)
