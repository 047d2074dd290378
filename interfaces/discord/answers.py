"""Answers that take their time: turns with the model and runs, watched, stopped and looked back at."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import disnake
from disnake.http import HTTPClient
from disnake.interactions.message import MessageInteraction

from application.run_code import Execution, RunObserver
from interfaces.discord.desk import Desk, Question
from interfaces.discord.interactions import Interaction, acknowledge, outlet_of
from interfaces.discord.live import LiveAnswer
from interfaces.discord.observer import Reporter
from interfaces.discord.posts import Post
from interfaces.discord.results import Place, code_post, files_posts, output_post
from interfaces.discord.sending import Channel, ChannelOutlet, Outlet
from interfaces.discord.widgets import SHOW_CODE, SHOW_OUTPUT, RunAction
from interfaces.discord.words import Words

DIRECT_LIMIT_BYTES = 10 * 2**20  # of a file in a direct message
FIRST_PROGRESS_AFTER_S = 1.0  # most runs are over by then, and Discord says itself that the bot is thinking

StartRun = Callable[[str, RunObserver], Awaitable[Execution]]
"""Begins a run, given its cause and who watches it."""


def spoken(message: disnake.Message, bot_id: int) -> str:
    """Return what somebody said, without the mentions of the bot."""
    return re.sub(rf"<@!?{bot_id}>", "", message.content).strip()


class Answers:
    """Gives the answers. What they are the use cases decide, behind `desk`."""

    def __init__(self, desk: Desk, http: HTTPClient) -> None:
        self._desk, self._http = desk, http

    async def turn(
        self, message: disnake.Message, text: str, file_ids: Sequence[str], channel: Channel
    ) -> None:
        """Answer a text with the model, in messages that grow as the answer comes."""
        limit_bytes = message.guild.filesize_limit if message.guild else DIRECT_LIMIT_BYTES
        question = Question(text, message.channel.id, f"discord-message:{message.id}", file_ids)
        outlet = ChannelOutlet(self._http, channel, str(message.id), message.id)
        place = self._desk.place(str(message.author.id), limit_bytes, channel.words)
        await self._turn(str(message.author.id), question, outlet, place)

    async def asked(
        self, inter: Interaction, text: str, file_ids: Sequence[str], *, is_private: bool
    ) -> None:
        """Answer a question of a command with the model, as the answer to a deferred interaction."""
        user_id = str(inter.author.id)
        question = Question(text, inter.channel_id, f"discord-interaction:{inter.id}", file_ids)
        place = self._desk.place(user_id, inter.attachment_size_limit, Words.of(inter))
        await self._turn(user_id, question, outlet_of(inter, is_private=is_private), place)

    async def _turn(self, user_id: str, question: Question, outlet: Outlet, place: Place) -> None:
        with self._desk.stops.work(user_id) as stop:
            reporter = Reporter(stop)
            posts_of = self._desk.posts_of_runs(place, is_models=True)
            live = LiveAnswer(outlet, reporter, stop, posts_of, place.words)
            await live.follow_turn(self._desk.chat(user_id, question, reporter))

    async def run(self, inter: Interaction, start: StartRun, *, is_private: bool) -> None:
        """Show a run that a person wanted, as the answer to a deferred interaction."""
        user_id = str(inter.author.id)
        outlet = outlet_of(inter, is_private=is_private)
        place = self._desk.place(user_id, inter.attachment_size_limit, Words.of(inter))
        with self._desk.stops.work(user_id) as stop:
            reporter = Reporter(stop)
            posts_of = self._desk.posts_of_runs(place, is_models=False)
            live = LiveAnswer(outlet, reporter, stop, posts_of, place.words)
            cause = f"discord-interaction:{inter.id}"
            await live.follow_run(start(cause, reporter), first_after_s=FIRST_PROGRESS_AFTER_S)

    async def cancel(self, inter: MessageInteraction[Any], work_id: str) -> None:
        """Stop what goes on, if the one who clicks may.

        Raises:
            NotGoingOnError, NotYoursToStopError: it stays as it is.
        """
        self._desk.stops.stop(work_id, str(inter.author.id))
        await acknowledge(inter, in_place=True)

    async def look_back(self, inter: MessageInteraction[Any], wanted: RunAction) -> None:
        """Show code, output or files of a past run to the person for whom it ran, and to nobody else.

        Raises:
            NoSuchExecutionError: it ran for somebody else.
        """
        await acknowledge(inter)
        outlet = outlet_of(inter)
        for post in await self._past_posts(inter, wanted):
            await outlet.send(post)

    async def _past_posts(self, inter: MessageInteraction[Any], wanted: RunAction) -> list[Post]:
        user_id = str(inter.author.id)
        past = await self._desk.past_execution(user_id, wanted.execution_id)
        if wanted.action == SHOW_CODE:
            return [code_post(past)]
        if wanted.action == SHOW_OUTPUT:
            return [output_post(past, Words.of(inter))]
        place = self._desk.place(user_id, inter.attachment_size_limit, Words.of(inter))
        return await self._desk.posts(lambda: files_posts(self._desk.live_files_of(user_id, past), place))
