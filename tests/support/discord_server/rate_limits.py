"""Buckets of requests (topics/rate-limits): a limit a route and channel, told in headers and enforced."""

import hashlib
from dataclasses import dataclass

from tests.support.discord_server.calls import Call
from tests.support.discord_server.clock import Clock

MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    window_s: float


@dataclass
class Bucket:
    """What is left in the window that began with the first request."""

    limit: Limit
    name: str
    resets_s: float
    used: int = 0

    def headers(self, now_s: float) -> dict[str, str]:
        """Return what every reply of the route tells."""
        return {
            "X-RateLimit-Limit": str(self.limit.requests),
            "X-RateLimit-Remaining": str(max(0, self.limit.requests - self.used)),
            "X-RateLimit-Reset": f"{self.resets_s:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, self.resets_s - now_s):.3f}",
            "X-RateLimit-Bucket": self.name,
        }


class RateLimits:
    """The limits in force; without any, nothing is limited."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limits: dict[str, Limit] = {}
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def limit(self, route: str, requests: int, window_s: float) -> None:
        """Limit a route, for each channel, guild or webhook by itself."""
        self._limits[route] = Limit(requests, window_s)

    def count(self, call: Call) -> Bucket | None:
        """Count a request, and return its bucket when its route is limited."""
        if (limit := self._limits.get(call.route)) is None:
            return None
        key = (call.route, *(call.parameters.get(name, "") for name in MAJOR))
        now_s = self._clock.now_s
        bucket = self._buckets.get(key)
        if bucket is None or bucket.resets_s <= now_s:
            name = hashlib.sha256(call.route.encode()).hexdigest()[:16]
            bucket = self._buckets[key] = Bucket(limit, name, now_s + limit.window_s)
        bucket.used += 1
        return bucket
