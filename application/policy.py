"""The operator's choices that the use cases follow, already validated."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.retention import Limits, expiry_of


@dataclass(frozen=True)
class UsagePolicy:
    """Limits and times for every user."""

    limits: Limits = field(default_factory=Limits)
    expiration_hours: float = 48.0
    execution_timeout_s: float = 60.0
    model: str | None = None

    def expiry(self, now: datetime) -> datetime | None:
        """Return when a file recorded at `now` expires; None: never."""
        return expiry_of(now, self.expiration_hours)
