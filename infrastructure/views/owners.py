"""Whose ledger an event belongs to: events carry the ledger's id only."""

from collections.abc import Iterable
from uuid import UUID

from application.ports.ledger import LedgerStore, Recorded
from domain.events import LedgerEvent, LedgerOpened, LedgerReopened
from domain.personal import ERASED


class Owners:
    """User ids by ledger id, for one pass over the ledger.

    Not kept for longer, because an erasure changes the answer: an erased user goes
    by the ledger's id in hex.
    """

    def __init__(self, ledger: LedgerStore) -> None:
        self._ledger = ledger
        self._known: dict[UUID, str] = {}

    def of_event(self, event: LedgerEvent) -> str:
        """Return whose event it is: one from before an erasure stays nobody's, though the user came back."""
        return event.originator_id.hex if event.actor == ERASED else self.of(event.originator_id)

    def learn(self, events: Iterable[Recorded]) -> None:
        """Take note of the users whom `events` open ledgers for."""
        for recorded in events:
            event = recorded.event
            if isinstance(event, LedgerOpened | LedgerReopened) and event.user_id != ERASED:
                self._known[event.originator_id] = event.user_id

    def knows(self, ledger_id: UUID) -> bool:
        """Tell whether the answer is at hand."""
        return ledger_id in self._known

    def of(self, ledger_id: UUID) -> str:
        """Return the user's id, or the ledger's in hex when the user was erased."""
        known = self._known.get(ledger_id)
        if known is None:
            known = self._known[ledger_id] = self._ledger.owner_of(ledger_id) or ledger_id.hex
        return known
