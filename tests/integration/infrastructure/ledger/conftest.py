"""The PostgreSQL of these tests, and the ledger in each database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_store import PostgresLedgerStore
from infrastructure.ledger.store import DatabaseLedgerStore, SQLiteLedgerStore
from tests.support.postgresql import own_postgresql, postgresql_server, postgresql_url

__all__ = ["own_postgresql", "postgresql_server", "postgresql_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], DatabaseLedgerStore]]:
    """Return a function that opens the test's ledger as another process would."""
    opened: list[DatabaseLedgerStore] = []
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""

    def open_one() -> DatabaseLedgerStore:
        keys, database = KeyFolder(tmp_path / "keys"), tmp_path / "ledger" / "ledger.db"
        opened.append(PostgresLedgerStore(url, keys) if url else SQLiteLedgerStore(database, keys))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
