"""What there is to watch: how far all that follows the ledger is behind it, and what room is left."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.ledger import LedgerStore
from application.verify import VERIFIED
from domain.errors import FileLedgerError, IntegrityFaultError

Positions = Callable[[], Mapping[str, int]]
"""Returns how far some followers came, by name; raises FileLedgerError when that cannot be known now."""


@dataclass(frozen=True)
class Readings:
    """How the program does at one moment.

    `lags` are events that each follower has still to take in; a follower that does not
    answer is in `silent`. `oldest_unverified_at` is None when all events are verified,
    or the oldest cannot be read. `runs` counts those at work and waiting, `stopped_users`
    those whose part of the views stands still before a damaged event (None: cannot be known now).
    `is_standing_by` while another process is at work on the ledger (None: none is started here).
    """

    at: datetime
    events: int
    lags: Mapping[str, int]
    silent: tuple[str, ...]
    unverified_events: int
    oldest_unverified_at: datetime | None
    runs: int
    free_bytes: int
    stopped_users: int | None = 0
    is_standing_by: bool | None = None


class Watch:
    """Takes readings; cheap enough to be asked every few seconds."""

    def __init__(
        self,
        store: LedgerStore,
        clock: Clock,
        followers: Mapping[str, Positions],
        runs: Callable[[], int],
        free_bytes: Callable[[], int],
        stopped_users: Callable[[], int],
        is_standing_by: Callable[[], bool | None] = lambda: None,
    ) -> None:
        self._store, self._clock, self._followers = store, clock, followers
        self._runs, self._free_bytes, self._stopped_users = runs, free_bytes, stopped_users
        self._is_standing_by = is_standing_by

    def __call__(self) -> Readings:
        """Look at everything."""
        lags: dict[str, int] = {}
        silent: list[str] = []
        for group, positions in self._followers.items():
            try:
                reached = positions()
            except FileLedgerError:
                silent.append(group)
            else:
                # The head is read after the positions, so that nothing seems to be ahead.
                head = self._store.head()
                lags |= {name: max(0, head - position) for name, position in reached.items()}
        stopped: int | None = None
        with suppress(FileLedgerError):
            stopped = self._stopped_users()
        verified, head = self._store.policy_position(VERIFIED), self._store.head()
        return Readings(
            at=self._clock.now(),
            events=head,
            lags=lags,
            silent=tuple(silent),
            unverified_events=max(0, head - verified),
            oldest_unverified_at=self._time_after(verified),
            runs=self._runs(),
            free_bytes=self._free_bytes(),
            stopped_users=stopped,
            is_standing_by=self._is_standing_by(),
        )

    def _time_after(self, position: int) -> datetime | None:
        try:
            found = self._store.events_after(position, limit=1)
        except IntegrityFaultError:
            return None
        return found[0].event.timestamp if found else None
