"""What a ledger's database has to offer, whichever it is, and what all of them share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking

from infrastructure.ledger.chain import GENESIS, chain_digest

POLL_INTERVAL_S = 0.25
SCAN_ROWS = 2_000
FILE_TOPICS = ("FileUploaded", "FileGenerated")


@dataclass(frozen=True)
class RawEvent:
    """A row of the events table with its digest and that of the ledger's event before.

    Trusted in nothing: `version` may be of any type, bytes may be None.
    """

    position: int
    ledger: bytes | None
    version: Any
    topic: bytes | None
    state: bytes | None
    digest: bytes | None
    previous: bytes | None

    @property
    def is_well_formed(self) -> bool:
        """Whether every column is of an event's type."""
        return (
            self.ledger is not None
            and self.ledger.isascii()
            and isinstance(self.version, int)
            and self.topic is not None
            and self.state is not None
        )


class Growth:
    """Lets threads of this process wait until a ledger has grown."""

    def __init__(self) -> None:
        self._grown = Condition()
        self._times = 0

    def tell(self) -> None:
        """Let everybody who waits look again."""
        with self._grown:
            self._times += 1
            self._grown.notify_all()

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until it is told again (`seen` is the last return value) or time is over."""
        with self._grown:
            self._grown.wait_for(lambda: self._times != seen, timeout_s)
            return self._times


class LedgerRecorder(Protocol):
    """Application and tracking recorder of the ledger: append-only, gapless, chained, followable."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Insert events and digests in one transaction, and return their positions.

        Raises:
            IntegrityError: a version exists already, or the one before it does not.
        """

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return one ledger's events."""

    def select_after(self, position: int, limit: int, up_to: int | None) -> Sequence[Sequence[Any]]:
        """Return rows (position, ledger, version, topic, state) of all ledgers, as they lie in the table.

        The version may be of any type, ledger (in hex), topic and state are bytes or None.
        """

    def max_notification_id(self) -> int | None:
        """Return the newest position."""

    def insert_tracking(self, tracking: Tracking) -> None:
        """Remember a policy's position; IntegrityError unless it is higher."""

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return a policy's position."""

    def wake(self) -> None:
        """Let everybody who waits for events look again."""

    def wait_for_events(self, seen: int, timeout_s: float = POLL_INTERVAL_S) -> int:
        """Block until events may have come (`seen` is the last return value) or time is over."""

    def find_file(self, file_id: str) -> str | None:
        """Return the hex id of the ledger that recorded `file_id`."""

    def version_at(self, ledger_hex: str, time: str) -> int:
        """Return the highest version of a ledger's events whose time is not after `time`, 0 when none is."""

    def version_by(self, ledger_hex: str, position: int) -> int:
        """Return the version of a ledger's last event no further than `position`, 0 when there is none."""

    def select_positioned(
        self, ledger_hex: str, gt: int, lte: int | None, naming: str | None = None
    ) -> Iterator[Any]:
        """Yield one ledger's rows (position, originator_version, topic, state) in order.

        With `naming` only those whose stored state holds that text.
        """

    def ledger_hexes(self) -> Iterator[str]:
        """Yield the hex id of every ledger, in order."""

    def scan(self, ledger_hex: str | None = None, *, after: int = 0) -> Iterator[RawEvent]:
        """Yield every event after a position as it lies in the table, of one ledger or of all."""

    def restore(self, events: Iterable[tuple[int, StoredEvent, bytes]]) -> None:
        """Insert events (position, event, digest) as they were, all or none."""

    def discard_snapshots(self, ledger_hex: str, version: int) -> None:
        """Remove a ledger's snapshots up to a version."""

    def digest_places(self, ledger_hex: str | None = None) -> Iterator[tuple[str, Any]]:
        """Yield ledger and version of every digest, of one ledger or of all."""

    def counts(self) -> tuple[int, int, int]:
        """Return events stored, the highest position, and the highest position ever given."""

    def integrity_faults(self) -> list[str]:
        """Return what the database itself finds wrong with its files."""


def place_of(stored: StoredEvent) -> tuple[str, int]:
    """Return an event's ledger, in hex, and its version."""
    originator = stored.originator_id
    return (originator.hex if isinstance(originator, UUID) else originator), stored.originator_version


def chained(
    positions: Iterable[int],
    stored_events: Sequence[StoredEvent],
    digest_at: Callable[[str, int], bytes | None],
) -> Iterator[tuple[int, StoredEvent, bytes]]:
    """Yield each event of a save with its position and digest; ask `digest_at` for those before the save.

    Raises:
        IntegrityError: the version before one of them does not exist.
    """
    digests: dict[tuple[str, int], bytes] = {}
    for position, stored in zip(positions, stored_events, strict=True):
        ledger, version = place = place_of(stored)
        before = GENESIS if version <= 1 else digests.get((ledger, version - 1))
        before = before or digest_at(ledger, version - 1)
        if before is None:
            msg = f"Refused a gap: ledger {ledger} has no event {version - 1}, {version} cannot follow."
            raise IntegrityError(msg)
        digests[place] = chain_digest(before, position, place, stored.topic, stored.state)
        yield position, stored, digests[place]
