"""The parts of an answer, text and runs in turn, and what each shall look like now."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Protocol

import disnake

from application.ports.progress import Progress, Stage
from application.run_code import Execution
from interfaces.discord.posts import Post
from interfaces.discord.splitting import split_answer
from interfaces.discord.text import clipped, fenced, plain, small
from interfaces.discord.words import Words

LAST_LINES, LAST_CHARACTERS = 6, 600
DETAIL_CHARACTERS = 120
MOST_STREAMED = 100_000
"""Output kept for showing while it appears; the result carries all of it."""

PostsOfRun = Callable[[Execution], Awaitable[list[Post]]]


class Part(Protocol):
    """A piece of an answer."""

    async def posts(self, *, is_closed: bool) -> list[Post]:
        """Return its messages as they shall be now; `is_closed`: nothing more is coming."""

    @property
    def is_alive(self) -> bool:
        """Whether it looks different a second later, although nothing happened."""


class TextPart:
    """What the model says."""

    is_alive = False

    def __init__(self, words: Words) -> None:
        self.text, self._words = "", words

    async def posts(self, *, is_closed: bool) -> list[Post]:
        """Return the text so far in messages; attached is what is too long once it is complete."""
        if not self.text.strip():
            return [] if is_closed else [Post(small(f"{self._words('PROGRESS_THINKING')} …"))]
        split = await asyncio.to_thread(split_answer, self.text, self._words)
        posts = [Post(message) for message in split.messages]
        if is_closed and split.attached:
            files = [
                disnake.File(io.BytesIO(it.text.encode()), filename=it.filename) for it in split.attached
            ]
            posts[-1] = Post(posts[-1].content, files=files[:10])
        return posts


class RunPart:
    """A run, waiting, going on, or over. `now_s` is a clock for durations."""

    def __init__(self, posts_of: PostsOfRun, words: Words, now_s: Callable[[], float]) -> None:
        self._posts_of, self._words, self._now_s = posts_of, words, now_s
        self._progress, self._since_s = Progress(Stage.STARTING), now_s()
        self._output = ""
        self._result: list[Post] | None = None
        self.execution: Execution | None = None

    @property
    def is_alive(self) -> bool:
        """Whether seconds are counted."""
        return self.execution is None

    def progress(self, progress: Progress) -> None:
        """Say what is waited for from now on."""
        if progress != self._progress:
            self._progress, self._since_s = progress, self._now_s()

    def print(self, text: str) -> None:
        """Show output; who prints is running."""
        self._output = (self._output + text)[-MOST_STREAMED:]
        self.progress(Progress(Stage.RUNNING))

    async def posts(self, *, is_closed: bool) -> list[Post]:
        """Return the run's progress, or its result."""
        if self.execution is None:
            return [Post(small(self._words("NOT_RUN")) if is_closed else self._shown())]
        if self._result is None:
            self._result = await self._posts_of(self.execution)
        return self._result

    def _shown(self) -> str:
        detail = plain(clipped(self._progress.detail, DETAIL_CHARACTERS))
        words = self._words(f"PROGRESS_{self._progress.stage.name}", detail=detail)
        waited_s = int(self._now_s() - self._since_s)
        line = small(words + (f" · {waited_s} s" if waited_s else " …"))
        last = "\n".join(self._output.rstrip().split("\n")[-LAST_LINES:])[-LAST_CHARACTERS:]
        return f"{fenced(last)}\n{line}" if last.strip() else line
