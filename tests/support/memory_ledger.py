"""A ledger in memory: the whole `LedgerStore` port on a list."""

import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from application.ports.ledger import Batch, ChainReport, Recorded
from domain.errors import ConflictError
from domain.events import FileRecorded, LedgerEvent, LedgerOpened
from domain.ledger import UserLedger
from domain.personal import ERASED, personal_tombstones


class MemoryLedgerStore:
    """`LedgerStore` on a list of events; what is loaded is replayed from them every time.

    `positions_apart` is the distance between two positions, for readers that must not
    take them for dense.
    """

    def __init__(self, positions_apart: int = 1) -> None:
        self.events: list[Recorded] = []
        self._positions_apart = positions_apart
        self._policies: dict[str, int] = {}
        self._lock = threading.Lock()

    def load(self, user_id: str, *, version: int | None = None) -> UserLedger | None:
        """Return the user's ledger, replayed."""
        ledger: UserLedger | None = None
        for recorded in self.stream(UserLedger.create_id(user_id), up_to=version):
            ledger = recorded.event.mutate(ledger)
        return ledger

    def append(self, ledger: UserLedger) -> int:
        """Save the pending events, all or none."""
        pending = list(ledger.collect_events())
        with self._lock:
            if pending and pending[0].originator_version != self._version(ledger.id) + 1:
                msg = f"Ledger {ledger.id} has moved on."
                raise ConflictError(msg)
            for event in pending:
                self.add(cast("LedgerEvent", event))
            return self.head()

    def add(self, event: LedgerEvent) -> Recorded:
        """Append one event as it is, rules or no rules."""
        recorded = Recorded(self.head() + self._positions_apart, event)
        self.events.append(recorded)
        return recorded

    def head(self) -> int:
        """Return the newest position, 0 when there is none."""
        return self.events[-1].position if self.events else 0

    def batch_after(
        self,
        position: int,
        *,
        limit: int,
        up_to: int | None = None,
        kinds: Collection[type[LedgerEvent]] = (),
    ) -> Batch:
        """Look at the next events."""
        looked_at = self.events_after(position, limit=limit, up_to=up_to)
        wanted = [recorded for recorded in looked_at if not kinds or type(recorded.event) in kinds]
        reached = looked_at[-1].position if looked_at else position
        is_full = len(looked_at) == limit
        return Batch(wanted, (), len(looked_at), reached if is_full else max(reached, up_to or 0))

    def events_after(self, position: int, *, limit: int, up_to: int | None = None) -> Sequence[Recorded]:
        """Return the next events."""
        last = self.head() if up_to is None else up_to
        return [recorded for recorded in list(self.events) if position < recorded.position <= last][:limit]

    def version_at(self, ledger_id: UUID, moment: datetime) -> int:
        """Return the last of the ledger's events in its order that bears no later time."""
        events = [recorded.event for recorded in self.stream(ledger_id)]
        return max((event.originator_version for event in events if event.timestamp <= moment), default=0)

    def version_by(self, ledger_id: UUID, position: int) -> int:
        """Return the last of the ledger's events that lies no further than a position."""
        events = [each.event for each in self.stream(ledger_id) if each.position <= position]
        return events[-1].originator_version if events else 0

    def stream(
        self, ledger_id: UUID, *, after: int = 0, up_to: int | None = None, naming: str | None = None
    ) -> Iterator[Recorded]:
        """Yield one ledger's events."""
        for recorded in list(self.events):
            event = recorded.event
            is_within = after < event.originator_version and (
                up_to is None or event.originator_version <= up_to
            )
            is_wanted = naming is None or naming in event.model_dump_json()
            if event.originator_id == ledger_id and is_within and is_wanted:
                yield recorded

    def find_file(self, file_id: str) -> UUID | None:
        """Return the ledger that ever recorded a file."""
        for event in (recorded.event for recorded in self.events):
            if isinstance(event, FileRecorded) and event.file_id == file_id:
                return event.originator_id
        return None

    def ledger_ids(self) -> Iterator[UUID]:
        """Yield every ledger's id."""
        return iter(dict.fromkeys(recorded.event.originator_id for recorded in self.events))

    def owner_of(self, ledger_id: UUID) -> str | None:
        """Return whose ledger it is."""
        for recorded in self.stream(ledger_id, up_to=1):
            event = recorded.event
            if isinstance(event, LedgerOpened) and event.user_id != ERASED:
                return event.user_id
        return None

    def erase(self, ledger_id: UUID, version: int) -> bool:
        """Put tombstones in the place of personal fields, as a destroyed key does."""
        for number, recorded in enumerate(self.events):
            event = recorded.event
            if event.originator_id == ledger_id and event.originator_version <= version:
                tombstones = personal_tombstones(type(event))
                self.events[number] = Recorded(recorded.position, event.model_copy(update=tombstones))
        return True

    def verify_chain(self, user_id: str | None = None) -> ChainReport:
        """Find nothing wrong: what is in memory cannot be altered behind our back."""
        ledgers = [UserLedger.create_id(user_id)] if user_id else list(self.ledger_ids())
        events = sum(recorded.event.originator_id in ledgers for recorded in self.events)
        return ChainReport(events=events, ledgers=len(ledgers), problems=())

    def policy_position(self, policy: str) -> int:
        """Return how far a policy came."""
        return self._policies.get(policy, 0)

    def advance_policy(self, policy: str, position: int) -> None:
        """Remember how far a policy came."""
        self._policies[policy] = max(position, self.policy_position(policy))

    def _version(self, ledger_id: UUID) -> int:
        return sum(1 for _ in self.stream(ledger_id))
