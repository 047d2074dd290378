"""The expiry timer wakes in time."""

import threading
import time
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.scheduling import expiry
from infrastructure.scheduling.expiry import ExpiryTimer
from tests.support.fault_table import record

PATIENCE_S = 10


class Clock(datetime):
    """The machine's clock, `wrong` by some time."""

    wrong = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return what the clock shows."""
        return datetime.now(tz) + cls.wrong


class Due:
    """Due times, and when each was expired."""

    def __init__(self) -> None:
        self.waiting: list[datetime] = []
        self.late_s: list[float] = []
        self.changed = threading.Condition()

    def expire(self) -> list[str]:
        """Take what is due."""
        now = Clock.now(UTC)
        with self.changed:
            due = [at for at in self.waiting if at <= now]
            self.waiting = [at for at in self.waiting if at > now]
            self.late_s += [(now - at).total_seconds() for at in due]
            self.changed.notify_all()
        return [str(at) for at in due]

    def next_due(self, before: datetime) -> datetime | None:
        """Return the earliest."""
        return min((at for at in self.waiting if at < before), default=None)

    def wait_for(self, count: int) -> None:
        """Wait until so many were expired."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.late_s) >= count, PATIENCE_S)


def test_each_due_time_is_met_within_a_second_and_never_early() -> None:
    """Several times, one that had passed before the start among them, one added while running."""
    due, now = Due(), datetime.now(UTC)
    due.waiting = [now - timedelta(seconds=5), now + timedelta(seconds=0.4), now + timedelta(seconds=0.9)]
    timer = ExpiryTimer(due.expire, due.next_due)
    timer.start()
    try:
        due.waiting.append(datetime.now(UTC) + timedelta(seconds=0.2))
        timer.reschedule()
        due.wait_for(4)
    finally:
        timer.close()
    on_time = sorted(due.late_s)[:3]
    assert all(0 <= late < 1 for late in on_time), due.late_s


def test_a_timer_outlives_a_server_that_is_gone() -> None:
    """An expiry that fails is tried again, and nothing is raised at the start."""
    due, calls = Due(), list[float]()
    due.waiting = [datetime.now(UTC) + timedelta(seconds=0.2)]

    def next_due(before: datetime) -> datetime | None:
        calls.append(time.monotonic())
        if len(calls) == 1:
            msg = "the server is gone"
            raise EnvironmentFaultError(msg)
        return due.next_due(before)

    timer = ExpiryTimer(due.expire, next_due)
    timer.start()
    try:
        timer.reschedule()
        due.wait_for(1)
    finally:
        timer.close()


def test_a_timer_that_is_closed_while_it_looks_for_the_next_time_says_nothing() -> None:
    """A follower may ask it to look again just when the program ends."""
    due = Due()

    def closing(_: datetime) -> datetime:
        timer.close()
        return datetime.now(UTC)

    timer = ExpiryTimer(due.expire, due.next_due)
    timer.start()
    again = ExpiryTimer(due.expire, closing)
    again._scheduler = timer._scheduler  # noqa: SLF001 - the moment in between cannot be met otherwise
    again.reschedule()
    assert due.late_s == []


@pytest.mark.parametrize("seconds", [0.05])
def test_closing_does_not_wait_for_far_due_times(seconds: float) -> None:
    """A timer with an appointment in a year closes at once."""
    due = Due()
    due.waiting = [datetime.now(UTC) + timedelta(days=365, seconds=seconds)]
    timer = ExpiryTimer(due.expire, due.next_due)
    timer.start()
    began = time.monotonic()
    timer.close()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "jump", [timedelta(hours=5), timedelta(days=3), -timedelta(hours=5), -timedelta(days=3)]
)
def test_a_clock_that_was_wrong_for_a_moment_delays_no_expiry_and_hastens_none(
    monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    """The sweep goes on while the clock is hours or days away and after it came back, to the minute."""
    monkeypatch.setattr(expiry, "SWEEP_INTERVAL_S", 0.05)
    for module in ("apscheduler.schedulers.base", "apscheduler.triggers.interval", "infrastructure.clock"):
        monkeypatch.setattr(f"{module}.datetime", Clock)
    due, real = Due(), datetime.now(UTC)
    due.waiting = [real + timedelta(days=5)]
    timer = ExpiryTimer(due.expire, due.next_due)
    timer.start()
    try:
        monkeypatch.setattr(Clock, "wrong", jump)
        timer.reschedule()
        time.sleep(0.2)
        monkeypatch.setattr(Clock, "wrong", timedelta())
        due.waiting.append(
            datetime.now(UTC) + timedelta(seconds=0.3)
        )  # of another process: nobody reschedules
        due.wait_for(1)
    finally:
        timer.close()
    assert len(due.late_s) == 1
    assert 0 <= due.late_s[0] < 1
    record(
        "clock jumps and comes back", "expiry timer", acknowledged=1, recovers="by itself, within a minute"
    )
