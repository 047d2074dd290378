"""Load, decide, append: how every use case changes a user's ledger."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar, cast

from application.ports.clock import Clock
from application.ports.ledger import LedgerStore
from domain.errors import ConflictError, IntegrityFaultError
from domain.events import LedgerEvent
from domain.ledger import UserLedger
from domain.metadata import Metadata, user_actor

MAX_ATTEMPTS = 20

T = TypeVar("T")


@dataclass(frozen=True)
class By:
    """Who asks, and because of what; `Ledgers` adds when."""

    actor: str
    cause: str = ""

    @classmethod
    def user(cls, user_id: str, cause: str = "") -> "By":
        """Return the user's own doing."""
        return cls(user_actor(user_id), cause)


@dataclass(frozen=True)
class Decision(Generic[T]):
    """What was decided, the events that record it, and the last one's position."""

    result: T
    events: Sequence[LedgerEvent]
    position: int


@contextmanager
def each_ledger() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Give a function that attempts a step of one user's ledger, for a job that goes over many.

    A ledger that is damaged or lacks its key must not stop the job for everybody
    else: its fault is raised when the block ends, after the others were served.
    """
    faults: list[IntegrityFaultError] = []

    def attempt(step: Callable[[], object]) -> None:
        try:
            step()
        except IntegrityFaultError as fault:
            faults.append(fault)

    yield attempt
    if faults:
        raise faults[0]


class Ledgers:
    """Runs decisions on users' ledgers, one at a time a user in this process.

    Another process may win the race to the same ledger; then the decision is made
    again on what it left. So a decision must be free of side effects.
    """

    def __init__(self, store: LedgerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._locks: dict[str, tuple[Lock, int]] = {}
        self._locks_lock = Lock()

    def load(self, user_id: str, by: By) -> UserLedger:
        """Return the user's ledger; one just opened, not yet saved, when there is none."""
        return self._store.load(user_id) or UserLedger.open(user_id, self.metadata(by))

    def metadata(self, by: By) -> Metadata:
        """Return the metadata of something that `by` does now."""
        return Metadata(timestamp=self._clock.now(), actor=by.actor, cause=by.cause)

    def decide(
        self, user_id: str, decide: Callable[[UserLedger, Metadata], T], by: By, *, at: Metadata | None = None
    ) -> Decision[T]:
        """Let `decide` act on the user's ledger and save what it triggers in one step.

        Nothing is saved, not even a first meeting, when it triggers nothing.

        Raises:
            ConflictError: other writers won every one of the attempts.
        """
        with self._locked(user_id):
            for attempt in range(MAX_ATTEMPTS):
                metadata = at or self.metadata(by)
                ledger = self._welcomed(user_id, metadata)
                opened = len(ledger.pending_events)
                result = decide(ledger, metadata)
                events = cast("tuple[LedgerEvent, ...]", tuple(ledger.pending_events))
                if len(events) == opened:
                    return Decision(result, (), self._store.head())
                try:
                    return Decision(result, events, self._store.append(ledger))
                except ConflictError:
                    if attempt == MAX_ATTEMPTS - 1:
                        raise
        raise AssertionError

    def _welcomed(self, user_id: str, metadata: Metadata) -> UserLedger:
        """Return the user's ledger, opened for who is new and opened again for who was erased."""
        ledger = self._store.load(user_id) or UserLedger.open(user_id, metadata)
        if ledger.is_erased:
            self._store.erase(ledger.id, ledger.version)  # an erasure may have been killed before its end
            ledger.reopen(user_id, metadata)
        return ledger

    @contextmanager
    def _locked(self, user_id: str) -> Iterator[None]:
        with self._locks_lock:
            lock, users = self._locks.get(user_id, (Lock(), 0))
            self._locks[user_id] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._locks_lock:
                lock, users = self._locks.pop(user_id)
                if users > 1:
                    self._locks[user_id] = (lock, users - 1)
