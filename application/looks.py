"""Looks of operators at what is a user's, told to that user: each is an event of the user's own ledger."""

from application.audit import History
from application.ledgers import By, Ledgers
from application.ports.ledger import LedgerStore
from domain.errors import NoSuchFileError
from domain.events import HistoryRead
from domain.metadata import admin_actor
from domain.reading import ReadMatter


class RecordLook:
    """Records who looked at what. Record first, show then: a look that cannot be recorded is none."""

    def __init__(self, store: LedgerStore, ledgers: Ledgers) -> None:
        self._store, self._ledgers = store, ledgers

    def __call__(
        self, operator_id: str, user_id: str, what: ReadMatter, first: int = 1, last: int | None = None
    ) -> None:
        """Record a look at what the user's events say, from one to another (default: all there are).

        Of a user whom nobody has met there is nothing to see, and nothing is recorded.
        """
        ledger = self._store.load(user_id)
        last = last or (ledger.version if ledger else 0)
        if first <= last:
            self._ledgers.decide(
                user_id,
                lambda ledger, metadata: ledger.record_read(what, first, last, metadata),
                By(admin_actor(operator_id)),
            )

    def at_page(self, operator_id: str, page: History) -> None:
        """Record a look at a page; one that shows nothing but the operator's own looks is no further look."""
        events = [recorded.event for recorded in page.events]
        actor = admin_actor(operator_id)
        if not all(isinstance(event, HistoryRead) and event.actor == actor for event in events):
            first, last = events[0].originator_version, events[-1].originator_version
            self(operator_id, page.user_id, ReadMatter.HISTORY, first, last)

    def at_file(self, operator_id: str, file_id: str, what: ReadMatter) -> None:
        """Record a look at one file's past; the owner's own is none.

        Raises:
            NoSuchFileError: no such file was ever recorded.
        """
        ledger_id = self._store.find_file(file_id)
        owner = self._store.owner_of(ledger_id) if ledger_id else None
        if ledger_id is None:
            raise NoSuchFileError(file_id)
        if owner is not None and owner != operator_id:  # nobody is left to be told of a look at the erased
            self(operator_id, owner, what)
