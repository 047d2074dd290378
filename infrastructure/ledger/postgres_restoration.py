"""A ledger that is yet to be made in a PostgreSQL database."""

from collections.abc import Iterable

from domain.errors import RefusedError
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_store import PostgresLedgerStore
from infrastructure.ledger.restoration import Placed


class NewPostgresLedger:
    """`NewLedger` in the database of an address, filled in one transaction."""

    def __init__(self, url: str, keys: KeyFolder) -> None:
        self._url, self._keys = url, keys

    def refuse_to_overwrite(self) -> None:
        """Leave what is there alone.

        Raises:
            RefusedError: there is a ledger.
        """
        store = PostgresLedgerStore(self._url, self._keys)
        events, place = store.head(), store.place
        store.close()
        if events:
            msg = f"There are {events} events in the {place}. Name an empty database in LEDGER_URL."
            raise RefusedError(msg)

    def fill(self, events: Iterable[Placed]) -> None:
        """Insert events as they were, all or none."""
        store = PostgresLedgerStore(self._url, self._keys)
        try:
            store.recorder.restore(events)
        finally:
            store.close()
