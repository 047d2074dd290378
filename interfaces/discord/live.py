"""An answer that can be watched as it comes: messages that are sent, and edited now and then."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import disnake
import structlog

from application.run_code import Execution
from application.stops import Stop
from application.turn import CLOSING_WORDS, MAX_ROUNDS, Answer, StopReason
from domain.errors import FileLedgerError
from interfaces.discord.observer import Began, Ended, News, Printed, Progressed, Reporter, Said
from interfaces.discord.parts import Part, PostsOfRun, RunPart, TextPart
from interfaces.discord.posts import Post
from interfaces.discord.results import who_words
from interfaces.discord.sending import Outlet
from interfaces.discord.text import small
from interfaces.discord.waiting import note
from interfaces.discord.widgets import cancel_button
from interfaces.discord.words import Words

EDIT_EVERY_S = 1.5
"""Users complain of less patient bots: Discord slows them down, and the answer with them."""

P = TypeVar("P", TextPart, RunPart)

UNSEEN_ACTOR = "system:discord"
"""Who stops a run whose answer cannot be shown."""

log = structlog.get_logger()


@dataclass
class _Sheet:
    """A part and the messages that show it."""

    part: Part
    shown: list[tuple[str, Post]] = field(default_factory=list)

    async def show(self, posts: list[Post], outlet: Outlet) -> None:
        """Bring the messages in line with `posts`; what is as it shall be is left alone."""
        for number, post in enumerate(posts):
            if number == len(self.shown):
                self.shown.append((await outlet.send(post), post))
            elif _looks(self.shown[number][1]) != _looks(post):
                self.shown[number] = (await outlet.edit(self.shown[number][0], post), post)
        while len(self.shown) > len(posts):
            await outlet.delete(self.shown.pop()[0])


class LiveAnswer:
    """Shows what a `Reporter` tells, the Cancel button always on the last message."""

    def __init__(
        self,
        outlet: Outlet,
        reporter: Reporter,
        stop: Stop,
        posts_of: PostsOfRun,
        words: Words,
    ) -> None:
        self._words = words
        self._outlet, self._reporter, self._stop, self._posts_of = outlet, reporter, stop, posts_of
        self._sheets = [_Sheet(TextPart(words))]
        self._closed = 0
        self._is_turn = True
        self._open_id = ""
        self._stopped_because: StopReason | None = None

    async def follow_turn(self, work: Awaitable[Answer]) -> None:
        """Show a turn with the model until it is over; what failed is said in the end."""
        await self._follow(self._turn(work), first_after_s=0)

    async def follow_run(self, work: Awaitable[Execution], *, first_after_s: float) -> None:
        """Show a single run; nothing is said of one that is over before `first_after_s`."""
        self._is_turn = False
        self._sheets = [_Sheet(RunPart(self._posts_of, self._words, time.monotonic))]
        await self._follow(self._run_to_end(work), first_after_s=first_after_s)

    async def _run_to_end(self, work: Awaitable[Execution]) -> None:
        execution = await work
        self._reporter.show_execution(execution)
        await asyncio.sleep(0)

    async def _turn(self, work: Awaitable[Answer]) -> None:
        answer = await work
        self._stopped_because = answer.stopped_because
        if answer.error is not None:
            raise answer.error

    async def _follow(self, work: Awaitable[object], *, first_after_s: float) -> None:
        task = asyncio.ensure_future(work)
        await asyncio.wait([task], timeout=first_after_s)
        try:
            while not task.done():
                await self._show_for_now()
                await asyncio.wait([task], timeout=EDIT_EVERY_S)
        except disnake.HTTPException:
            self._stop.ask(UNSEEN_ACTOR)
            await asyncio.wait([task])
            raise
        await self._end(task)

    async def _end(self, task: asyncio.Future[object]) -> None:
        try:
            await task
        except FileLedgerError as error:
            self._take_news()
            self._add(f"⚠️ {self._words.error(error)}")
        self._take_news()
        actor = self._stop.cancelled_by()
        if self._is_turn and actor and not self._is_said_who():
            self._add(small(self._words("CANCELLED_BY", who=who_words(actor, self._words))))
        if self._stopped_because in CLOSING_WORDS:
            self._add(small(self._words(f"STOPPED_{self._stopped_because}", rounds=MAX_ROUNDS)))
        await self._show(is_over=True)

    async def _show_for_now(self) -> None:
        self._take_news()
        try:
            await self._show(is_over=False)
        except disnake.HTTPException as error:
            if error.status < 500:  # noqa: PLR2004 - Discord's own faults pass: the next time tries again
                raise
            log.warning("Discord did not take a part of an answer yet", status=error.status)

    def _is_said_who(self) -> bool:
        """Whether a run says already by whom it was cancelled."""
        runs = [sheet.part.execution for sheet in self._sheets if isinstance(sheet.part, RunPart)]
        return any(run is not None and run.stopped_by for run in runs)

    # -- news ----------------------------------------------------------------------

    def _take_news(self) -> None:
        while not self._reporter.news.empty():
            self._take(self._reporter.news.get_nowait())

    def _take(self, news: News) -> None:
        if isinstance(news, Said):
            self._text().text += news.text
        elif isinstance(news, Began):
            self._run()
        elif isinstance(news, Progressed):
            self._run().progress(news.progress)
        elif isinstance(news, Printed):
            self._run().print(news.text)
        elif isinstance(news, Ended):
            self._run().execution = news.execution
            if self._is_turn:
                self._sheets.append(_Sheet(TextPart(self._words)))

    def _text(self) -> TextPart:
        """Return the text part to go on with."""
        part = self._sheets[-1].part
        if isinstance(part, TextPart):
            return part
        return self._begin(TextPart(self._words))

    def _run(self) -> RunPart:
        """Return the run part to go on with."""
        part = self._sheets[-1].part
        if isinstance(part, RunPart):
            return part
        return self._begin(RunPart(self._posts_of, self._words, time.monotonic))

    def _begin(self, part: P) -> P:
        """Begin a part; it takes over the place of one that shows nothing yet."""
        last = self._sheets[-1].part
        if (isinstance(last, TextPart) and not last.text.strip()) or (
            isinstance(last, RunPart) and last.execution is None
        ):
            self._sheets[-1].part = part
        else:
            self._sheets.append(_Sheet(part))
        return part

    def _add(self, paragraph: str) -> None:
        part = self._text()
        part.text = f"{part.text.rstrip()}\n\n{paragraph}".strip()

    # -- showing -------------------------------------------------------------------

    async def _show(self, *, is_over: bool) -> None:
        while self._closed < len(self._sheets):
            sheet = self._sheets[self._closed]
            is_open = not is_over and sheet is self._sheets[-1]
            posts = await sheet.part.posts(is_closed=not is_open)
            if is_open and posts:
                posts = [*posts[:-1], replace(posts[-1], rows=cancel_button(self._stop.work_id, self._words))]
            await sheet.show(posts, self._outlet)
            if is_open:
                await self._note_open(sheet)
                return
            self._closed += 1

    async def _note_open(self, sheet: _Sheet) -> None:
        """Note the message with the Cancel button, which nobody would take away after a kill."""
        open_id = sheet.shown[-1][0] if sheet.shown else ""
        if open_id != self._open_id:
            self._open_id = open_id
            await note(shown_id=open_id)


def _looks(post: Post) -> tuple[object, ...]:
    labels = [button.label for row in post.rows for button in row]
    return post.content, labels, [file.filename for file in post.files]
