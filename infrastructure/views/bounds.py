"""What a replay covers: one user or all, the events of some positions or all."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from application.ports.ledger import Batch, LedgerStore, Recorded
from domain.errors import InvalidValueError
from domain.events import LedgerEvent
from domain.ledger import UserLedger


@dataclass(frozen=True)
class Bounds:
    """Whose events (None: everybody's), and those at positions `first` to `last` (None: the newest).

    Events before `first` are read as well, because a document follows from all of
    its events; but only documents changed within the bounds are looked at.
    """

    user_id: str | None = None
    first: int = 1
    last: int | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that hold nothing.

        Raises:
            InvalidValueError: names the bounds.
        """
        if self.first < 1 or (self.last is not None and self.last < self.first):
            msg = f"No event lies at positions {self.first} to {self.last}: the first is 1, then they rise."
            raise InvalidValueError(msg)

    @property
    def hold_everything(self) -> bool:
        """Whether a rebuild within these bounds is the whole view."""
        return self == Bounds()

    @property
    def query(self) -> dict[str, Any]:
        """The query for the documents within the bounds."""
        query: dict[str, Any] = {}
        if self.user_id is not None:
            query["user_id"] = {"$in": [self.user_id, UserLedger.create_id(self.user_id).hex]}
        if self.first > 1 or self.last is not None:
            query["position"] = {"$gte": self.first} | ({} if self.last is None else {"$lte": self.last})
        return query

    def count(self, batch: Batch) -> int:
        """Return how many of the events that a batch looked at are within the bounds."""
        return min(batch.size, max(0, batch.reached - self.first + 1))

    def up_to(self, head: int) -> int:
        """Return the last position to read when the newest is `head`."""
        return head if self.last is None else min(self.last, head)

    def batches(
        self,
        ledger: LedgerStore,
        after: int,
        up_to: int,
        size: int,
        kinds: Collection[type[LedgerEvent]],
    ) -> Iterator[Batch]:
        """Yield the events of `kinds` after one position, up to another; look at `size` at a time."""
        if self.user_id is not None:
            yield from _chunks(_of_user(ledger, self.user_id, after, up_to), size)
            return
        while after < up_to:
            batch = ledger.batch_after(after, limit=size, up_to=up_to, kinds=kinds)
            yield batch
            after = batch.reached


def _of_user(ledger: LedgerStore, user_id: str, after: int, up_to: int) -> Iterator[Recorded]:
    for recorded in ledger.stream(UserLedger.create_id(user_id)):
        if recorded.position > up_to:
            return
        if recorded.position > after:
            yield recorded


def _chunks(events: Iterator[Recorded], size: int) -> Iterator[Batch]:
    while chunk := list(islice(events, size)):
        yield Batch(chunk, (), len(chunk), chunk[-1].position)
