"""Answers that take their time: turns with the model and runs, watched, stopped and looked back at."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import disnake
from disnake.http import HTTPClient
from disnake.interactions.base import Interaction
from disnake.interactions.message import MessageInteraction

from application.run_code import Execution, RunObserver
from interfaces.discord.answering import acknowledge
from interfaces.discord.desk import Desk
from interfaces.discord.live import LiveAnswer
from interfaces.discord.observer import Reporter
from interfaces.discord.parts import PostsOfRun
from interfaces.discord.results import Place, code_post, files_posts, output_post
from interfaces.discord.sending import ChannelOutlet, InteractionOutlet, Outlet, Post
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

    async def turn(self, message: disnake.Message, text: str, file_ids: Sequence[str]) -> None:
        """Answer a text with the model, in messages that grow as the answer comes."""
        user_id, place = str(message.author.id), f"discord:{message.channel.id}"
        limit_bytes = message.guild.filesize_limit if message.guild else DIRECT_LIMIT_BYTES
        outlet = ChannelOutlet(self._http, message.channel.id, str(message.id), message.id)
        with self._desk.stops.work(user_id) as stop:
            reporter = Reporter(stop)
            live = LiveAnswer(outlet, reporter, stop, self._posts_of(user_id, limit_bytes, is_models=True))
            cause = f"discord-message:{message.id}"
            await live.follow_turn(self._desk.chat(user_id, place, text, file_ids, cause, reporter))

    async def run(self, inter: Interaction[Any], start: StartRun, *, is_ephemeral: bool) -> None:
        """Show a run that a person wanted, as the answer to a deferred interaction.

        It arrives also when the interaction's token is over by then: as a message in
        the channel, or a direct one when it is nobody else's business.
        """
        user_id = str(inter.author.id)
        outlet = InteractionOutlet(
            self._http, inter, self._later(inter, is_ephemeral), is_ephemeral=is_ephemeral
        )
        with self._desk.stops.work(user_id) as stop:
            reporter = Reporter(stop)
            posts_of = self._posts_of(user_id, inter.attachment_size_limit, is_models=False)
            live = LiveAnswer(outlet, reporter, stop, posts_of, Words.of(inter))
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
        outlet = InteractionOutlet(
            self._http, inter, self._later(inter, is_ephemeral=True), is_ephemeral=True
        )
        for post in await self._past_posts(inter, wanted):
            await outlet.send(post)

    async def _past_posts(self, inter: MessageInteraction[Any], wanted: RunAction) -> list[Post]:
        user_id = str(inter.author.id)
        past = await self._desk.past_execution(user_id, wanted.execution_id)
        if wanted.action == SHOW_CODE:
            return [code_post(past)]
        if wanted.action == SHOW_OUTPUT:
            return [output_post(past)]
        place = Place(self._desk.opener(user_id), inter.attachment_size_limit)
        return await self._desk.posts(lambda: files_posts(self._desk.live_files_of(user_id, past), place))

    def _posts_of(self, user_id: str, limit_bytes: int, *, is_models: bool) -> PostsOfRun:
        return self._desk.posts_of_runs(user_id, limit_bytes, is_models=is_models)

    def _later(self, inter: Interaction[Any], is_ephemeral: bool) -> Any:  # noqa: FBT001
        async def outlet() -> Outlet:
            if not is_ephemeral:
                return ChannelOutlet(self._http, inter.channel_id, str(inter.id))
            direct = await self._http.start_private_message(inter.author.id)
            return ChannelOutlet(self._http, int(direct["id"]), str(inter.id))

        return outlet
