"""An event loop in a thread of its own, into which a test reaches."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from tests.support.discord_server.changes import Changes

T = TypeVar("T")

CALL_S = 30.0


class Loop:
    """Runs the server beside the test; what is done in it sees and leaves a whole state."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="discord-server", daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def start(self) -> None:
        """Begin to run."""
        self._thread.start()

    def stop(self) -> None:
        """End, and close the loop."""
        self.wait(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, coroutine: Coroutine[Any, Any, T], timeout_s: float = CALL_S) -> T:
        """Run a coroutine in the loop and return its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(timeout_s)

    def do(self, act: Callable[[], T]) -> T:
        """Call a function in the loop, between two steps of everything else."""

        async def acting() -> T:
            return act()

        return self.wait(acting())

    def until(self, look: Callable[[], T | None], timeout_s: float) -> T:
        """Return what `look` finds, looking again after every change.

        Raises:
            TimeoutError: it found nothing for so long.
        """
        return self.wait(self._changes.until(look, timeout_s), timeout_s + CALL_S)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
