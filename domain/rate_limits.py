"""How often one user may ask for something: token buckets.

A bucket holds as many tokens as may be used at once and fills up evenly; each
use takes one (Turner, New directions in communications, 1986).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import RefusedError

MINUTE_S = 60.0


class Activity(StrEnum):
    """What is counted apart."""

    UPLOAD = "uploads"
    RUN = "runs"
    QUESTION = "questions"


class RateLimitedError(RefusedError):
    """The user asks too often; the same is taken after `wait_s` seconds."""

    def __init__(self, activity: Activity, per_minute: int, wait_s: int) -> None:
        self.activity, self.per_minute, self.wait_s = activity, per_minute, wait_s
        super().__init__(
            f"That was faster than the {per_minute} {activity} a minute that one person may have. "
            f"Nothing was done; try again in {wait_s} s."
        )


@dataclass(frozen=True)
class Bucket:
    """A user's tokens as they were at `at_s`; fractions are on their way to be one."""

    tokens: float
    at_s: float


@dataclass(frozen=True)
class Rate:
    """At most `per_minute` at once, and as many each minute afterwards."""

    per_minute: int

    def take(self, bucket: Bucket | None, now_s: float) -> Bucket | None:
        """Return the bucket after a use at `now_s`, None when it has no token yet. None is a full bucket."""
        tokens = self.tokens(bucket, now_s)
        return Bucket(tokens - 1, now_s) if tokens >= 1 else None

    def tokens(self, bucket: Bucket | None, now_s: float) -> float:
        """Return what a bucket holds at `now_s`; a clock that runs backwards fills nothing."""
        if bucket is None:
            return self.per_minute
        gained = max(0.0, now_s - bucket.at_s) * self.per_minute / MINUTE_S
        return min(self.per_minute, bucket.tokens + gained)

    def wait_s(self, bucket: Bucket, now_s: float) -> int:
        """Return after how many whole seconds there is a token again, at least 1."""
        missing = 1 - self.tokens(bucket, now_s)
        return max(1, math.ceil(missing * MINUTE_S / self.per_minute))
