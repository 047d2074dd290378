"""Ids as Discord gives them: milliseconds since 2015 in the upper 42 bits, a counter in the lower 22."""

from itertools import count

from tests.support.discord_server.clock import Clock

EPOCH_MS = 1_420_070_400_000
TIME_SHIFT = 22
COUNTER_MASK = (1 << TIME_SHIFT) - 1


class Snowflakes:
    """A source of ids that never repeat."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = count(1)

    def new(self) -> str:
        """Return an id that was not given before."""
        since_ms = int(self._clock.now_s * 1000) - EPOCH_MS
        return str(since_ms << TIME_SHIFT | next(self._count) & COUNTER_MASK)


def created_ms(snowflake: str) -> int:
    """Return when an id was given, in milliseconds since 2015."""
    return int(snowflake) >> TIME_SHIFT
