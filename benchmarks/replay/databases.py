"""Where the logs of both entrants lie: each in a database of its own, of the same kind, equally durable."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from eventsourcing.persistence import ApplicationRecorder
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from psycopg.conninfo import conninfo_to_dict

from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_store import PostgresLedgerStore
from infrastructure.ledger.store import DatabaseLedgerStore, SQLiteLedgerStore
from tests.support.postgresql import PostgreSQLServer


class Databases(Protocol):
    """A library's database and a ledger's."""

    @property
    def kind(self) -> str:
        """Which database it is."""

    def library(self) -> ApplicationRecorder:
        """Return the library's recorder, its tables made."""

    def ledger(self, keys: KeyFolder) -> DatabaseLedgerStore:
        """Open the ledger, as every process does that starts."""


MakeDatabases = Callable[[Path, str], Sequence[Databases]]
"""Takes a folder and a name of its own for what is measured; returns databases of each kind, empty."""


class SQLiteFiles:
    """Both in files of a folder."""

    kind = "SQLite"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder

    def library(self) -> ApplicationRecorder:
        """Return the library's recorder."""
        recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(self._folder / "library.db")))
        recorder.create_table()
        return recorder

    def ledger(self, keys: KeyFolder) -> DatabaseLedgerStore:
        """Open the ledger."""
        return SQLiteLedgerStore(self._folder / "ledger" / "ledger.db", keys)


class PostgreSQLDatabases:
    """Both in databases of a server, whose names end in `name`."""

    kind = "PostgreSQL"

    def __init__(self, server: PostgreSQLServer, name: str) -> None:
        self._library = server.create_database(f"library_{name}")
        self._ledger = server.create_database(f"ledger_{name}")

    def library(self) -> ApplicationRecorder:
        """Return the library's recorder."""
        at = conninfo_to_dict(self._library)
        datastore = PostgresDatastore(str(at["dbname"]), str(at["host"]), "", str(at["user"]), "")
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        return recorder

    def ledger(self, keys: KeyFolder) -> DatabaseLedgerStore:
        """Open the ledger."""
        return PostgresLedgerStore(self._ledger, keys)
