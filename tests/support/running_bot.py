"""A disnake client in a thread and loop of its own, as a program would run it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import disnake

T = TypeVar("T")

WAIT_S = 10.0


class RunningBot:
    """Runs the client that `make` returns; `make` is called inside the loop, as disnake wants it."""

    def __init__(self, make: Callable[[], disnake.Client], token: str) -> None:
        self._make = make
        self._token = token
        self._stop = asyncio.Event()
        self._started: Future[disnake.Client] = Future()
        self._ended: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="bot", daemon=True)

    @property
    def client(self) -> disnake.Client:
        """The client; its coroutines belong into `do`."""
        return self._started.result(WAIT_S)

    def __enter__(self) -> Self:
        """Log in and connect, without waiting for it."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """Close the client and end its loop."""
        if not self._ended.done():
            self.client.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT_S)

    def do(self, coroutine: Coroutine[Any, Any, T], timeout_s: float = WAIT_S) -> T:
        """Run a coroutine in the bot's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.client.loop).result(timeout_s)

    def ending(self, timeout_s: float = WAIT_S) -> BaseException | None:
        """Wait until the client ended by itself, and return its error, if any."""
        return self._ended.exception(timeout_s)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - a test asks for it by `ending`
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)

    async def _serve(self) -> None:
        client = self._make()
        self._started.set_result(client)
        running = asyncio.create_task(client.start(self._token))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await client.close()
        await running
