"""Time as the server tells it: the real one, and what a test added to it."""

import time
from datetime import UTC, datetime


class Clock:
    """A clock that a test can set forward, so that 15 minutes pass at once."""

    def __init__(self) -> None:
        self._added_s = 0.0

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._added_s += seconds

    @property
    def now_s(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._added_s

    @property
    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.fromtimestamp(self.now_s, UTC)
