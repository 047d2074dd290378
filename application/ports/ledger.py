"""What keeps the events of every user: the only truth."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.events import LedgerEvent
from domain.ledger import UserLedger


@dataclass(frozen=True)
class Recorded:
    """An event and its `position` in the whole ledger (from 1, rising, not dense)."""

    position: int
    event: LedgerEvent


@dataclass(frozen=True)
class DamagedEvent:
    """An event that cannot be read, and `why`; `ledger_id` is None when its row does not say whose it is."""

    position: int
    ledger_id: UUID | None
    why: str


@dataclass(frozen=True)
class Batch:
    """What lies after a position: `events` of the wanted kinds; `damaged` ones of those, or of no known kind.

    `size` counts all that were looked at, `reached` is the position up to which there are no others.
    """

    events: Sequence[Recorded]
    damaged: Sequence[DamagedEvent]
    size: int
    reached: int


@dataclass(frozen=True)
class LedgerProblem:
    """Something that `verify` found.

    `user_id` is a ledger's hex id when its owner cannot be read, and None (like
    `sequence`) when the problem is not one ledger's.
    """

    user_id: str | None
    sequence: int | None
    kind: str
    detail: str


@dataclass(frozen=True)
class ChainReport:
    """What a check of the stored events saw."""

    events: int
    ledgers: int
    problems: tuple[LedgerProblem, ...]


class LedgerStore(Protocol):
    """Keeps the events of every user's ledger: the only truth."""

    def load(self, user_id: str, *, version: int | None = None) -> UserLedger | None:
        """Return the user's ledger as it stands, or stood after event `version`; None when there is none."""

    def version_at(self, ledger_id: UUID, moment: datetime) -> int:
        """Return the sequence of the ledger's last event that bears no later time than `moment`; 0: none."""

    def version_by(self, ledger_id: UUID, position: int) -> int:
        """Return the sequence of the ledger's last event that lies no further than `position`; 0: none."""

    def append(self, ledger: UserLedger) -> int:
        """Save the pending events of `ledger` in one step and return the last one's position.

        With nothing pending, returns the position of the ledger's newest event
        known to this process. The aggregate must not be used again after an error.

        Raises:
            ConflictError: another writer saved to the same ledger first.
        """

    def head(self) -> int:
        """Return the position of the newest event, 0 when there is none."""

    def batch_after(
        self,
        position: int,
        *,
        limit: int,
        up_to: int | None = None,
        kinds: Collection[type[LedgerEvent]] = (),
    ) -> Batch:
        """Look at no more than `limit` events of all users after `position`, in order; read those of `kinds`.

        No kinds: all. One damaged event keeps nobody from reading the others.
        """

    def events_after(self, position: int, *, limit: int, up_to: int | None = None) -> Sequence[Recorded]:
        """Return no more than `limit` events of all users after `position`, in order.

        Raises:
            IntegrityFaultError: one of them is damaged.
        """

    def stream(
        self, ledger_id: UUID, *, after: int = 0, up_to: int | None = None, naming: str | None = None
    ) -> Iterator[Recorded]:
        """Yield one ledger's events in order; `after` and `up_to` are sequences (versions).

        With `naming`, an id of a file or an execution, only those with that text in a public field.
        """

    def find_file(self, file_id: str) -> UUID | None:
        """Return the id of the ledger that ever recorded `file_id`, or None."""

    def ledger_ids(self) -> Iterator[UUID]:
        """Yield the id of every ledger."""

    def owner_of(self, ledger_id: UUID) -> str | None:
        """Return whose ledger it is; None when there is none or its owner was erased."""

    def erase(self, ledger_id: UUID, version: int) -> bool:
        """Destroy the key that a ledger was sealed with up to its event `LedgerErased` at `version`.

        Returns whether it was still there. The key of a user who came back stays.
        """

    def verify_chain(self, user_id: str | None = None) -> ChainReport:
        """Check the stored bytes of one user's ledger, or of all, against the hash chain."""

    def policy_position(self, policy: str) -> int:
        """Return how far a policy has followed the ledger; 0 at first."""

    def advance_policy(self, policy: str, position: int) -> None:
        """Remember that a policy has dealt with everything up to `position`; never goes back."""
