from collections.abc import Mapping

import pytest

from application import rate_limits
from application.rate_limits import RateLimits
from domain.rate_limits import Activity, Rate, RateLimitedError
from tests.support.house import TurnedClock

TWO_RUNS: Mapping[Activity, Rate] = {Activity.RUN: Rate(2)}


def granted(limits: RateLimits, user_id: str, times: int, activity: Activity = Activity.RUN) -> int:
    """Return how many of so many uses were granted."""
    count = 0
    for _ in range(times):
        try:
            limits.take(user_id, activity)
        except RateLimitedError:
            continue
        count += 1
    return count


def test_each_user_and_activity_is_counted_apart() -> None:
    """One person's haste costs nobody else, and what has no rate is free."""
    limits = RateLimits(TurnedClock(), TWO_RUNS)

    assert granted(limits, "alice", 5) == 2
    assert granted(limits, "bob", 5) == 2
    assert granted(limits, "alice", 5, Activity.UPLOAD) == 5


def test_what_was_refused_costs_nothing() -> None:
    """Who asks again too early does not wait longer for it."""
    clock = TurnedClock()
    limits = RateLimits(clock, TWO_RUNS)
    granted(limits, "alice", 50)
    with pytest.raises(RateLimitedError) as refusal:
        limits.take("alice", Activity.RUN)

    clock.turn(refusal.value.wait_s)

    assert granted(limits, "alice", 5) == 1


def test_who_has_rested_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who used something lately takes memory."""
    monkeypatch.setattr(rate_limits, "MAX_BUCKETS", 10)
    clock = TurnedClock()
    limits = RateLimits(clock, TWO_RUNS)
    for number in range(10):
        limits.take(f"early-{number}", Activity.RUN)
    clock.turn(60)

    limits.take("late", Activity.RUN)

    assert len(limits) == 1
    assert granted(limits, "late", 5) == 1
