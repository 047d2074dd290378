"""The expiry timer: APScheduler wakes at the next due time and lets the use case decide.

The timer holds no truth: it asks the view after every change whether a file is due
before it wakes anyway, and a sweep every minute covers what it may have missed (a
clock that jumped, an event of another process). APScheduler waits for times of the
clock, and so would sleep for as long as the clock was wrong for a moment: hence the
sweep counts its minutes without it. A second timer elsewhere does no harm, because
expiring is idempotent.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from domain.errors import FileLedgerError
from infrastructure.clock import SystemClock

SWEEP_INTERVAL_S = 60
IDLE_HOURS = 1  # the job's own interval; every one that a jump forth passed over is counted
MAX_INSTANCES = 3  # a wake-up may come while the one before it still returns; expiring twice is harmless
JOB = "expiry"

log = structlog.get_logger()


class ExpiryTimer:
    """Runs `expire` when the next file is due."""

    def __init__(
        self, expire: Callable[[], list[str]], next_due: Callable[[datetime], datetime | None]
    ) -> None:
        """`next_due` takes a time, and returns when the next file before it is due, if one is."""
        self._expire, self._next_due = expire, next_due
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._at_work, self._closing = Lock(), Event()
        self._sweeper = Thread(target=self._sweep, name="expiry-sweep", daemon=True)
        self._clock = SystemClock()

    def start(self) -> None:
        """Catch up, then wait for the next due time."""
        self._scheduler.add_job(
            self._wake,
            "interval",
            hours=IDLE_HOURS,
            id=JOB,
            coalesce=True,
            max_instances=MAX_INSTANCES,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        self._sweeper.start()
        self.reschedule()

    def reschedule(self) -> None:
        """Look for the next due time again; call it when files came or went."""
        job = self._scheduler.get_job(JOB)
        if job is None:
            return
        try:
            soon = self._clock.now() + timedelta(seconds=2 * SWEEP_INTERVAL_S)  # there is a sweep before that
            due = self._next_due(min(soon, job.next_run_time))
        except FileLedgerError as error:
            log.warning("cannot look up the next expiry, the sweep will", error=str(error))
            return
        # One job, moved forward: a job that is removed and added can meet the scheduler's own removal.
        if due is not None and due < job.next_run_time:
            with suppress(JobLookupError):  # it was closed meanwhile
                job.modify(next_run_time=due)

    def close(self) -> None:
        """Stop; a wake-up at work ends first."""
        self._closing.set()
        if self._scheduler.running:
            # The scheduler's own waiting holds a lock that a wake-up at work may need.
            self._scheduler.shutdown(wait=False)
            with self._at_work:
                pass
            self._sweeper.join()

    def _sweep(self) -> None:
        while not self._closing.wait(SWEEP_INTERVAL_S):
            self._wake()

    def _wake(self) -> None:
        with self._at_work:
            try:
                expired = self._expire()
            except FileLedgerError as error:
                log.warning("not every expiry succeeded, the sweep will try again", error=str(error))
            else:
                log.info("files expired", count=len(expired))
            self.reschedule()
