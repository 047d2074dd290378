"""Witnesses of the ledger: what stands beside the database and can contradict it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from application.ports.ledger import LedgerProblem


@dataclass(frozen=True)
class JournalStatus:
    """What a journal holds: the number of events and the last one's position."""

    folder: str
    segments: int
    size_bytes: int
    events: int
    position: int


@dataclass(frozen=True)
class Witnessed:
    """An event as the journal has it: its line, and what its digest goes on from.

    `number` counts all events from 1; `previous` is the chain digest of its ledger's event
    before, None for a first event.
    """

    number: int
    line: bytes
    previous: bytes | None


class Witness(Protocol):
    """Something that saw the ledger as it was."""

    def examine(self, user_id: str | None = None) -> Iterator[LedgerProblem]:
        """Yield what contradicts the ledger as it is, of one user or of all."""


class Journal(Witness, Protocol):
    """The stored events once more, append-only, in files beside the database."""

    def catch_up(self) -> int:
        """Write what the ledger has more than the journal; return the position reached.

        Raises:
            LedgerCutError: the ledger ends before the journal does.
            IntegrityFaultError: ledger or journal is not what it was.
        """

    def digests(self) -> Iterator[bytes]:
        """Yield every event's chain digest, as it stands in the journal: the entries of the Merkle tree."""

    def witnessed(self, position: int) -> Witnessed | None:
        """Return the event at a position of the whole ledger, None when the journal has none there."""

    def status(self) -> JournalStatus:
        """Tell what the journal holds."""

    def renew(self) -> str:
        """Set the journal aside, write a new one from the ledger, and return where the old one is."""


@dataclass(frozen=True)
class RestoreReport:
    """What a ledger was restored from: events and ledgers, and how many of these have no key here.

    `torn`: the journal ended in the midst of a write, which was never vouched for.
    """

    events: int
    ledgers: int
    without_key: int
    torn: bool
