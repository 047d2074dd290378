"""The expiry timer: APScheduler wakes at the next due time and lets the use case decide.

The timer holds no truth: it asks the view for the next due time after every
change, and a sweep every minute covers what it may have missed (a clock that
jumped, an event of another process). A second timer elsewhere does no harm,
because expiring is idempotent.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from domain.errors import FileLedgerError

SWEEP_INTERVAL_S = 60
JOB = "next-expiry"

log = structlog.get_logger()


class ExpiryTimer:
    """Runs `expire` when the next file is due."""

    def __init__(self, expire: Callable[[], list[str]], next_due: Callable[[], datetime | None]) -> None:
        self._expire, self._next_due = expire, next_due
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Catch up, then wait for the next due time."""
        self._scheduler.add_job(
            self._wake, "interval", seconds=SWEEP_INTERVAL_S, id="sweep", coalesce=True, max_instances=1
        )
        self._scheduler.start()
        self.reschedule()

    def reschedule(self) -> None:
        """Look for the next due time again; call it when files came or went."""
        try:
            due = self._next_due()
        except FileLedgerError as error:
            log.warning("cannot look up the next expiry, the sweep will", error=str(error))
            return
        if due is not None:
            self._scheduler.add_job(
                self._wake, "date", run_date=due, id=JOB, replace_existing=True, misfire_grace_time=None
            )

    def close(self) -> None:
        """Stop; a wake-up at work ends first."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _wake(self) -> None:
        try:
            expired = self._expire()
        except FileLedgerError as error:
            log.warning("expiry failed, the sweep will try again", error=str(error))
            return
        if expired:
            log.info("files expired", count=len(expired))
        self.reschedule()
