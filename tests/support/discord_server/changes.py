"""Waiting for something to become true, without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Announces that something changed; belongs to the server's loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def announce(self) -> None:
        """Have everybody look again."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, look: Callable[[], T | None], timeout_s: float) -> T:
        """Return what `look` finds, looking again after each change.

        Raises:
            TimeoutError: it found nothing for so long.
        """
        async with asyncio.timeout(timeout_s):
            while (found := look()) is None:
                await self._next.wait()
            return found
