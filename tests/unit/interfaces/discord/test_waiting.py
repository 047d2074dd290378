"""Who waits for an answer is known to the process that comes after."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from infrastructure.notebook_folder import FolderNotebook
from interfaces.discord.waiting import SWEEP_EVERY, WORTH_TELLING, WaitingList, note

T = TypeVar("T")
FACTS: dict[str, Any] = {"user_id": 1, "channel_id": 2, "locale": "de", "message_id": 3}


@dataclass
class Process:
    """A process of a name, with those in `dead` no longer there; `at` is its time."""

    name: str
    folder: Path
    dead: tuple[str, ...] = ()
    at: datetime = field(default=datetime(2026, 1, 1, tzinfo=UTC))

    def __post_init__(self) -> None:
        """Open the list."""
        books = FolderNotebook(self.folder / "waiting"), FolderNotebook(self.folder / "heard")
        self.list = WaitingList(*books, self, lambda: self.at, self._quick)

    def current(self) -> str:
        """Return its name."""
        return self.name

    def is_alive(self, runner: str) -> bool:
        """Tell whether another one lives."""
        return runner not in self.dead

    async def _quick(self, work: Callable[[], T]) -> T:
        return work()


def test_who_was_answered_waits_no_longer(tmp_path: Path) -> None:
    """Also when the answer was that it failed; who is being answered waits."""
    process, later = Process("a", tmp_path), Process("b", tmp_path, dead=("a",))

    async def answer() -> list[int]:
        counts = []
        async with process.list.entry(3, **FACTS):
            counts.append(len(await later.list.left()))
        with pytest.raises(ValueError, match="bad"):
            async with process.list.entry(4, **FACTS):
                raise ValueError("bad")  # noqa: EM101
        return [*counts, len(await later.list.left())]

    assert asyncio.run(answer()) == [1, 0]


def test_whom_an_end_cut_off_is_found_with_how_far_it_was(tmp_path: Path) -> None:
    """Changes are those of the task's own answer; only the dead leave anybody waiting."""
    process = Process("a", tmp_path)

    async def answer() -> None:
        async with process.list.entry(3, **FACTS):
            await note(is_begun=True)
            await note(shown_id="9")
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(answer())
    living, dead, late = (Process("b", tmp_path, dead=each) for each in ((), ("a",), ("a",)))
    late.at += WORTH_TELLING
    assert asyncio.run(living.list.left()) == {}
    [left] = asyncio.run(dead.list.left()).values()

    assert (left.message_id, left.is_begun, left.shown_id, left.locale) == (3, True, "9", "de")
    assert asyncio.run(late.list.left()) == {}
    assert asyncio.run(dead.list.left()) == {}


def test_nothing_is_noted_where_nobody_waits(tmp_path: Path) -> None:
    """A test, or a job of the bot's own, answers nobody."""
    asyncio.run(note(is_begun=True))

    assert not list(tmp_path.iterdir())


def test_a_channel_is_heard_until_its_newest_message(tmp_path: Path) -> None:
    """In whatever order they are noted; and a channel that is silent for a day is forgotten."""
    process = Process("a", tmp_path)

    async def hear() -> None:
        await process.list.hear(1, 20)
        await process.list.hear(1, 10)
        await process.list.hear(2, 5)

    asyncio.run(hear())
    assert asyncio.run(Process("b", tmp_path).list.heard()) == {1: 20, 2: 5}

    process.at += WORTH_TELLING - timedelta(minutes=1)
    asyncio.run(process.list.hear(1, 30))
    process.at += SWEEP_EVERY
    asyncio.run(process.list.hear(1, 31))
    assert {path.stem for path in (tmp_path / "heard").iterdir()} == {"1"}
