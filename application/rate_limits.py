"""Nobody asks so often that others have to wait for it."""

from collections.abc import Mapping
from threading import Lock

from application.ports.clock import Clock
from domain.rate_limits import Activity, Bucket, Rate, RateLimitedError

MAX_BUCKETS = 10_000  # then those that are full again, which say nothing, are dropped


class RateLimits:
    """Counts what each user asks of this process; activities without a rate are free."""

    def __init__(self, clock: Clock, rates: Mapping[Activity, Rate]) -> None:
        self._clock, self._rates = clock, rates
        self._buckets: dict[tuple[str, Activity], Bucket] = {}
        self._lock = Lock()

    def take(self, user_id: str, activity: Activity) -> None:
        """Count one use.

        Raises:
            RateLimitedError: the user has to wait first; says how long. Nothing is counted.
        """
        if (rate := self._rates.get(activity)) is None:
            return
        now_s, key = self._clock.now().timestamp(), (user_id, activity)
        with self._lock:
            known = self._buckets.get(key)
            left = rate.take(known, now_s)
            if left is None:
                wait_s = rate.wait_s(known or Bucket(0, now_s), now_s)
                raise RateLimitedError(activity, rate.per_minute, wait_s)
            self._buckets[key] = left
            if len(self._buckets) > MAX_BUCKETS:
                self._forget_full(now_s)

    def __len__(self) -> int:
        """Return how many users' activities are remembered."""
        with self._lock:
            return len(self._buckets)

    def _forget_full(self, now_s: float) -> None:
        self._buckets = {
            key: bucket
            for key, bucket in self._buckets.items()
            if self._rates[key[1]].tokens(bucket, now_s) < self._rates[key[1]].per_minute
        }
