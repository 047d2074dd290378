"""What happens in a worker's thread, told to the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from application.ports.progress import Progress
from application.ports.sandbox import OutputStream
from application.run_code import Execution
from application.stops import Stop


@dataclass(frozen=True)
class Said:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Began:
    """Code is about to run."""


@dataclass(frozen=True)
class Progressed:
    """What is waited for."""

    progress: Progress


@dataclass(frozen=True)
class Printed:
    """A piece of a run's output."""

    text: str


@dataclass(frozen=True)
class Ended:
    """A run is over."""

    execution: Execution


News = Said | Began | Progressed | Printed | Ended


class Reporter:
    """A `TurnObserver` that hands everything to a queue of the loop, and asks `stop` whether to go on."""

    def __init__(self, stop: Stop) -> None:
        self.news: asyncio.Queue[News] = asyncio.Queue()
        self.cancelled_by: Callable[[], str] = stop.cancelled_by
        self._loop = asyncio.get_running_loop()

    def show_text(self, text: str) -> None:
        """Take a piece of the answer."""
        self._tell(Said(text))

    def show_code(self, _code: str) -> None:
        """Take code that begins to run; it is shown from the ledger when somebody wants it."""
        self._tell(Began())

    def show_execution(self, execution: Execution) -> None:
        """Take a finished run."""
        self._tell(Ended(execution))

    def show_output(self, _stream: OutputStream, text: str) -> None:
        """Take output as it appears."""
        self._tell(Printed(text))

    def show_progress(self, progress: Progress) -> None:
        """Take what is waited for."""
        self._tell(Progressed(progress))

    def _tell(self, news: News) -> None:
        self._loop.call_soon_threadsafe(self.news.put_nowait, news)
