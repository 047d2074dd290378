"""The two that are compared: the ledger, and the library's own recorder and mapper with the same facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import (
    ApplicationRecorder,
    DatetimeAsISO,
    JSONTranscoder,
    Mapper,
    StoredEvent,
    UUIDAsHex,
)

from domain.events import LedgerEvent
from infrastructure.ledger.chain import GENESIS, chain_digest
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.mapper import SealingMapper
from infrastructure.ledger.store import DatabaseLedgerStore

PAGE_EVENTS = 2_000
FILLED_AT_A_TIME = 250


class Entrant(Protocol):
    """A log of events that can grow, and be read."""

    def encode(self, events: Sequence[LedgerEvent]) -> list[StoredEvent]:
        """Return what is to be stored."""

    def append(self, stored: Sequence[StoredEvent]) -> None:
        """Store events in one durable transaction."""

    def fill(self, stored: Sequence[StoredEvent]) -> None:
        """Store events as fast as can be: this is not measured."""

    def read(self) -> int:
        """Read and decode everything; return how many events there were."""


@dataclass(frozen=True)
class Fact(DomainEvent):
    """An event as the library's users write it: JSON, no validation, nothing sealed."""

    originator_id: UUID
    originator_version: int
    timestamp: datetime
    fields: dict[str, Any]


class Library:
    """A recorder of the library and its mapper, as they come."""

    def __init__(self, recorder: ApplicationRecorder) -> None:
        transcoder = JSONTranscoder()
        transcoder.register(UUIDAsHex())
        transcoder.register(DatetimeAsISO())
        self._mapper: Mapper[UUID] = Mapper(transcoder)
        self._recorder = recorder

    def encode(self, events: Sequence[LedgerEvent]) -> list[StoredEvent]:
        """Return the facts of the events as JSON."""
        return [self._mapper.to_stored_event(_fact(event)) for event in events]

    def append(self, stored: Sequence[StoredEvent]) -> None:
        """Insert in one transaction."""
        self._recorder.insert_events(stored)

    def fill(self, stored: Sequence[StoredEvent]) -> None:
        """Insert some at a time: on PostgreSQL, megabytes in one insert are waited for without end."""
        for start in range(0, len(stored), FILLED_AT_A_TIME):
            self._recorder.insert_events(stored[start : start + FILLED_AT_A_TIME])

    def read(self) -> int:
        """Read page by page, and decode."""
        position, count = 0, 0
        while page := self._recorder.select_notifications(position + 1, PAGE_EVENTS):
            for notification in page:
                self._mapper.to_domain_event(notification)
            position, count = page[-1].id, count + len(page)
        return count


class Ledger:
    """The ledger of the program."""

    def __init__(self, store: DatabaseLedgerStore, keys: KeyFolder) -> None:
        self.store = store
        self._mapper = SealingMapper(keys)
        self._digests: dict[str, bytes] = {}

    def encode(self, events: Sequence[LedgerEvent]) -> list[StoredEvent]:
        """Return the events with their personal fields sealed."""
        return [self._mapper.to_stored_event(event) for event in events]

    def append(self, stored: Sequence[StoredEvent]) -> None:
        """Insert in one transaction, gaps refused, digests chained."""
        self.store.recorder.insert_events(stored)

    def fill(self, stored: Sequence[StoredEvent]) -> None:
        """Insert with digests that are computed here: the database need not be asked for those before."""
        self.store.recorder.restore(self._chained(stored))

    def read(self) -> int:
        """Read page by page, and decode."""
        position, count = 0, 0
        while page := self.store.events_after(position, limit=PAGE_EVENTS):
            position, count = page[-1].position, count + len(page)
        return count

    def _chained(self, stored: Sequence[StoredEvent]) -> Iterable[tuple[int, StoredEvent, bytes]]:
        for position, event in enumerate(stored, self.store.head() + 1):
            ledger = UUID(str(event.originator_id)).hex
            previous = self._digests.get(ledger, GENESIS)
            place = (ledger, event.originator_version)
            self._digests[ledger] = chain_digest(previous, position, place, event.topic, event.state)
            yield position, event, self._digests[ledger]


def _fact(event: LedgerEvent) -> Fact:
    fields = event.model_dump(mode="json", exclude={"originator_id", "originator_version", "timestamp"})
    return Fact(event.originator_id, event.originator_version, event.timestamp, fields)
