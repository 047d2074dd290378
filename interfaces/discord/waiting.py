"""Who waits for an answer, noted on disk: a bot that was killed owes it to them when it is back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from application.ports.notebook import Notebook
from application.ports.sandbox import Runners

WORTH_TELLING = timedelta(days=1)
"""Nobody waits longer for an answer, or remembers what it was about."""
SWEEP_EVERY = timedelta(hours=1)

T = TypeVar("T")


class Quick(Protocol):
    """Does in a thread what waits for the disk."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Do it, and return what comes of it."""


class Waiting(BaseModel):
    """Somebody who waits for an answer, to a message or (with a `token`) to an interaction.

    `shown_id` is the message in which the answer grows. Once it `is_begun`, it may not
    be given a second time. `runner` names the process that gives it.
    """

    model_config = ConfigDict(frozen=True)

    runner: str
    since: datetime
    user_id: int
    channel_id: int
    locale: str
    message_id: int | None = None
    token: str = ""
    shown_id: str = ""
    is_begun: bool = False


class Spoken(BaseModel):
    """Until which message a channel has been heard, and when that was."""

    model_config = ConfigDict(frozen=True)

    message_id: int
    at: datetime


@dataclass
class _Current:
    """What this task answers, and how a change of it is noted."""

    name: str
    waiting: Waiting
    notes: "WaitingList"


Note = TypeVar("Note", Waiting, Spoken)

_current: ContextVar["_Current | None"] = ContextVar("waiting", default=None)
"""The answer that is being given. It goes with the task, as every message of it is to be noted."""


class WaitingList:
    """Who waits in this process, and who was left waiting by one that is dead."""

    def __init__(
        self, waiting: Notebook, heard: Notebook, runners: Runners, now: Callable[[], datetime], quick: Quick
    ) -> None:
        self._waiting, self._heard, self._runners = waiting, heard, runners
        self._now, self._quick = now, quick
        self._until: dict[int, int] = {}
        self._swept_at = now()
        self._lock = Lock()

    @asynccontextmanager
    async def entry(self, name: int, **facts: Any) -> AsyncIterator[None]:
        """Note somebody as waiting until the block ends."""
        waiting = Waiting(runner=self._runners.current(), since=self._now(), **facts)
        mark = _current.set(_Current(str(name), waiting, self))
        await self._put(str(name), waiting)
        is_over = True
        try:
            yield
        except asyncio.CancelledError:  # the program ends before the answer: the next one tells
            is_over = False
            raise
        finally:
            _current.reset(mark)
            if is_over:
                await self.settled(str(name))

    async def left(self) -> dict[str, Waiting]:
        """Return whom dead processes left waiting, and have not been told."""
        return await self._quick(self._read_left)

    async def settled(self, name: str) -> None:
        """Forget somebody who was left waiting."""
        await self._quick(lambda: self._waiting.drop(name))

    async def hear(self, channel_id: int, message_id: int) -> None:
        """Note until where a channel has been heard; what was heard later counts, in whatever order."""
        await self._quick(lambda: self._hear(channel_id, message_id))

    async def heard(self) -> dict[int, int]:
        """Return the channels in which the bot was spoken to lately, and until which message."""
        return await self._quick(self._read_heard)

    async def _put(self, name: str, waiting: Waiting) -> None:
        await self._quick(lambda: self._waiting.put(name, waiting.model_dump(mode="json")))

    def _hear(self, channel_id: int, message_id: int) -> None:
        with self._lock:
            last = self._until[channel_id] = max(message_id, self._until.get(channel_id, 0))
            spoken = Spoken(message_id=last, at=self._now())
            self._heard.put(str(channel_id), spoken.model_dump(mode="json"))
            if spoken.at - self._swept_at >= SWEEP_EVERY:
                self._swept_at = spoken.at
                self._until = self._read_heard()

    def _read_left(self) -> dict[str, Waiting]:
        self._runners.current()  # taken before anybody asks for it at once from several threads
        left: dict[str, Waiting] = {}
        for name, note in self._waiting.all().items():
            waiting = _read(Waiting, note)
            if waiting is not None and self._runners.is_alive(waiting.runner):
                continue
            if waiting is None or self._now() - waiting.since >= WORTH_TELLING:
                self._waiting.drop(name)
            else:
                left[name] = waiting
        return left

    def _read_heard(self) -> dict[int, int]:
        channels: dict[int, int] = {}
        for name, note in self._heard.all().items():
            spoken = _read(Spoken, note)
            if spoken is None or self._now() - spoken.at >= WORTH_TELLING:
                self._heard.drop(name)
            else:
                channels[int(name)] = spoken.message_id
        return channels


async def note(**changes: Any) -> None:
    """Note a change of the answer that this task gives; nothing when nobody is noted as waiting."""
    if (current := _current.get()) is not None:
        current.waiting = current.waiting.model_copy(update=changes)
        await current.notes._put(current.name, current.waiting)  # noqa: SLF001 - the other half of `entry`


def _read(kind: type[Note], document: object) -> Note | None:
    try:
        return kind.model_validate(document)
    except ValidationError:
        return None
