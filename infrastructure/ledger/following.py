"""Followers in the background: each view and policy in a thread of its own, supervised."""

from collections.abc import Callable
from threading import Event, Thread

import structlog

from infrastructure.ledger.store import DatabaseLedgerStore

FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0

log = structlog.get_logger()


class Follower:
    """Calls `catch_up` whenever the ledger may have grown; retries what fails, and says so."""

    def __init__(self, name: str, store: DatabaseLedgerStore, catch_up: Callable[[], int]) -> None:
        self._name, self._store, self._catch_up = name, store, catch_up
        self._stopping = Event()
        self._thread = Thread(target=self._follow, name=f"follow-{name}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the step at hand."""
        self._stopping.set()
        self._store.recorder.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=LAST_RETRY_S)

    def _follow(self) -> None:
        seen, position, retry_s = -1, -1, FIRST_RETRY_S
        while not self._stopping.is_set():
            try:
                if self._store.head() != position:
                    position = self._catch_up()
                retry_s = FIRST_RETRY_S
            except Exception as error:  # noqa: BLE001 - a follower outlives every fault of what it follows
                log.warning(
                    "follower failed, will try again", follower=self._name, error=str(error), retry_s=retry_s
                )
                self._stopping.wait(retry_s)
                retry_s = min(2 * retry_s, LAST_RETRY_S)
                continue
            seen = self._store.recorder.wait_for_events(seen)
