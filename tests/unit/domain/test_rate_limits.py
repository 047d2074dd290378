"""Token buckets against what people were promised: so many at once, so many a minute, a true wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rate_limits import MINUTE_S, Activity, Bucket, Rate, RateLimitedError

RATES = st.builds(Rate, st.integers(min_value=1, max_value=600))
PAUSES_S = st.lists(st.floats(min_value=0, max_value=30), max_size=100)


def uses(rate: Rate, pauses_s: list[float]) -> list[float]:
    """Return when uses were granted to somebody who tries after each pause."""
    bucket: Bucket | None = None
    now_s, granted = 0.0, list[float]()
    for pause_s in pauses_s:
        now_s += pause_s
        if (left := rate.take(bucket, now_s)) is not None:
            bucket = left
            granted.append(now_s)
    return granted


@given(RATES, PAUSES_S)
def test_no_span_of_time_holds_more_than_a_burst_and_its_minutes(rate: Rate, pauses_s: list[float]) -> None:
    """From any use to any later one: at most what the bucket held and what flowed in."""
    granted = uses(rate, pauses_s)

    for first, start_s in enumerate(granted):
        for last in range(first, len(granted)):
            flowed = (granted[last] - start_s) * rate.per_minute / MINUTE_S
            assert last - first + 1 <= rate.per_minute + flowed + 1e-6


@given(RATES)
def test_a_burst_is_granted_to_its_end_and_no_further(rate: Rate) -> None:
    """Who comes fresh may have a whole minute's worth at once."""
    assert len(uses(rate, [0.0] * (rate.per_minute + 5))) == rate.per_minute


@given(RATES, st.floats(min_value=0, max_value=1, exclude_max=True), st.floats(min_value=0, max_value=1e9))
def test_after_the_wait_that_was_told_a_use_is_granted(rate: Rate, tokens: float, now_s: float) -> None:
    """And a second too long is the most that anybody is told to wait."""
    bucket = Bucket(tokens, now_s)
    wait_s = rate.wait_s(bucket, now_s)

    assert rate.take(bucket, now_s + wait_s + 1e-3) is not None
    assert wait_s <= MINUTE_S / rate.per_minute + 1


@given(RATES, st.integers(min_value=1, max_value=20))
def test_who_keeps_to_the_rate_never_waits(rate: Rate, minutes: int) -> None:
    """One use after the other, evenly, for as long as one likes."""
    pause_s = MINUTE_S / rate.per_minute * (1 + 1e-9)
    pauses_s = [pause_s] * min(200, minutes * rate.per_minute)

    assert len(uses(rate, pauses_s)) == len(pauses_s)


@given(RATES, st.floats(min_value=0, max_value=1e6))
def test_a_clock_that_runs_backwards_gives_nothing_away(rate: Rate, back_s: float) -> None:
    """Nor does it take what was there."""
    bucket = Bucket(0.5, 2e6)

    assert rate.tokens(bucket, 2e6 - back_s) == 0.5


def test_the_refusal_says_what_and_when() -> None:
    """The rate and the wait stand in the message."""
    with pytest.raises(RateLimitedError, match=r"20 runs a minute .* try again in 3 s"):
        raise RateLimitedError(Activity.RUN, 20, 3)
