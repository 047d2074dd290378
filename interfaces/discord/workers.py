"""Threads for what blocks: the ledger, MongoDB, the disk and the sandbox never stop the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

QUICK_THREADS = 16
RUN_THREADS = 128  # runs that wait for their turn in the sandbox hold a thread each
TALK_THREADS = 256  # so do questions, those that wait for an earlier answer among them


class Workers:
    """Pools, so that many waiting runs and questions keep nobody from an upload or a click."""

    def __init__(self) -> None:
        self._quick = ThreadPoolExecutor(QUICK_THREADS, "quick")
        self._runs = ThreadPoolExecutor(RUN_THREADS, "run")
        self._talks = ThreadPoolExecutor(TALK_THREADS, "talk")

    async def quick(self, work: Callable[[], T]) -> T:
        """Do what takes a moment."""
        return await asyncio.get_running_loop().run_in_executor(self._quick, work)

    async def run(self, work: Callable[[], T]) -> T:
        """Do what may take minutes."""
        return await asyncio.get_running_loop().run_in_executor(self._runs, work)

    async def talk(self, work: Callable[[], T]) -> T:
        """Do what waits for the model."""
        return await asyncio.get_running_loop().run_in_executor(self._talks, work)

    def close(self) -> None:
        """Wait for what was begun; start nothing more."""
        for pool in (self._quick, self._runs, self._talks):
            pool.shutdown(cancel_futures=True)
