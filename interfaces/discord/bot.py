"""The client: which events it wants, and which handler answers each."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, closing
from functools import partial
from http import HTTPStatus
from typing import Any

import disnake
import structlog
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction

from domain.errors import FileLedgerError
from interfaces.discord.answers import Answers
from interfaces.discord.catching_up import CatchingUp
from interfaces.discord.clicks import Clicks
from interfaces.discord.data_commands import DataCommands
from interfaces.discord.desk import Desk
from interfaces.discord.faults import lacking_words, permission_words, unseen_words
from interfaces.discord.file_commands import FileCommands
from interfaces.discord.interactions import Interaction, telling
from interfaces.discord.messages import Messages
from interfaces.discord.model_commands import ModelCommands
from interfaces.discord.operator_commands import OperatorCommands
from interfaces.discord.outdated import OutdatedForms, tell_outdated
from interfaces.discord.readers import Readers
from interfaces.discord.waiting import Waiting
from interfaces.discord.words import TEXTS, Words

FAREWELL_S = 10.0
"""What runs that were stopped are given to say so."""
REMEMBERED = 1_000  # messages, so that one told twice after a reconnect is answered once

Command = ApplicationCommandInteraction[Any]

log = structlog.get_logger()


def intents_for(channel_ids: frozenset[str]) -> disnake.Intents:
    """Return what the bot must hear; only whole channels need the contents of every message."""
    return disnake.Intents(guilds=True, messages=True, message_content=bool(channel_ids))


class FileBot(commands.InteractionBot):
    """Answers mentions, direct messages, and everything said in the channels of `channel_ids`."""

    def __init__(self, desk: Desk, channel_ids: frozenset[str] = frozenset(), **options: Any) -> None:
        super().__init__(
            intents=intents_for(channel_ids),
            allowed_mentions=disnake.AllowedMentions.none(),
            localization_provider=TEXTS,
            max_messages=None,  # nothing is ever looked up in what was said: it need not be kept in memory
            **options,
        )
        self._desk = desk
        self._channel_ids = channel_ids
        self._readers = Readers()
        answers = Answers(desk, self.http)
        self._messages = Messages(desk, answers, self.http, self._readers)
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._at_work: set[asyncio.Task[Any]] = set()
        self._is_ending = False
        self._owed: tuple[dict[str, Waiting], dict[int, int]] | None = None
        self.add_cog(FileCommands(self.answer, desk, answers))
        self.add_cog(DataCommands(self.answer, desk))
        self.add_cog(ModelCommands(self.answer, desk, answers))
        self.add_cog(OperatorCommands(self.answer, desk))
        self.add_cog(Clicks(self.answer, desk, answers))
        self.add_cog(OutdatedForms(self.answer))

    async def finish(self, grace_s: float) -> None:
        """Begin no answer any more, let the begun ones end, and stop the runs that take longer."""
        self._is_ending = True
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=grace_s)
        self._desk.stop_runs()
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=FAREWELL_S)

    # -- events ------------------------------------------------------------------

    async def on_connect(self) -> None:
        """Tell the operator that people can write now."""
        log.info("connected to Discord", bot=str(self.user))

    async def on_message(self, message: disnake.Message) -> None:
        """Answer who speaks to the bot."""
        await self._hear(message)

    async def on_ready(self) -> None:
        """Tell the operator what the bot lacks, and pay what an earlier process owes; once."""
        if self._owed is not None:
            self._tell_what_lacks()
            owed, self._owed = self._owed, None
            catch_up = CatchingUp(self, self._desk.waiting, self._hear, partial(self._hear, is_again=True))
            await catch_up(*owed)

    def _tell_what_lacks(self) -> None:
        seen = {str(channel.id) for channel in self.get_all_channels()}
        lacking = [*map(lacking_words, self.guilds), *map(unseen_words, self._channel_ids - seen)]
        for words in filter(None, lacking):
            log.warning(words)

    async def connect(self, **options: Any) -> None:
        """Look first who was left waiting: whoever speaks from now on is no such person."""
        waiting = self._desk.waiting
        self._owed = (await waiting.left(), await waiting.heard())
        await super().connect(**options)

    async def _hear(self, message: disnake.Message, *, is_again: bool = False) -> None:
        """Answer a message; one that is heard again, after a kill, for the last time."""
        if (
            message.author.bot or message.is_system()
        ):  # somebody pinned a message, joined, called: all is said
            return
        if not self._is_addressed(message) or not self._is_new(message.id):
            return
        words = self._readers.of(message)
        entry = self._desk.waiting.entry(
            message.id,
            user_id=message.author.id,
            channel_id=message.channel.id,
            message_id=message.id,
            locale=words.locale,
            is_begun=is_again,
        )
        tell = self._messages.telling(message)
        await self._watched(entry, self._answer_to(message), tell, message.channel, words)

    async def _answer_to(self, message: disnake.Message) -> None:
        await self._desk.waiting.hear(message.channel.id, message.id)
        await self._messages.answer(message, self.user.id)

    async def process_application_commands(self, interaction: Command) -> None:
        """Carry out a command; one that a client remembers from an earlier version is told of as such."""
        if self._is_known(interaction):
            await super().process_application_commands(interaction)
        else:
            await self.answer(interaction, tell_outdated(interaction))

    def _is_known(self, interaction: Command) -> bool:
        command, given = self.all_slash_commands.get(interaction.data.name), interaction.filled_options.keys()
        options = command.body.options if command else []
        needed = {option.name for option in options if option.required}
        return command is not None and needed <= given <= {option.name for option in options}

    async def on_slash_command_error(self, interaction: Command, exception: commands.CommandError) -> None:
        """Tell who sent a command whose options are not today's; the answers see to their own faults."""
        log.warning("a command was not understood", command=interaction.data.name, reason=str(exception))
        await self._say(
            telling(interaction), self._readers.meet(interaction)("OUTDATED"), interaction.channel
        )

    async def on_gateway_error(self, event: str, _data: Any, _shard: int | None, exc: Exception) -> None:
        """Tell the operator of an event that the client cannot read; it is left out."""
        reason = f"{type(exc).__name__}: {exc}"
        log.error("an event from Discord was not understood", of=event, reason=reason)

    async def on_error(self, event_method: str, *_: Any, **__: Any) -> None:
        """Tell the operator of what went wrong before there was somebody to answer."""
        log.error("an event was not dealt with", of=event_method, exc_info=True)  # noqa: LOG014 - the client's handler calls

    # -- around every answer -----------------------------------------------------

    async def answer(self, inter: Interaction, answer: Coroutine[Any, Any, None]) -> None:
        """Answer what somebody did with the bot; told twice, it is answered once."""
        with closing(answer):  # when it is not begun, whatever the reason
            await self._answer_interaction(inter, answer)

    async def _answer_interaction(self, inter: Interaction, answer: Coroutine[Any, Any, None]) -> None:
        words = self._readers.meet(inter)
        if not self._is_new(inter.id):
            return
        entry = self._desk.waiting.entry(
            inter.id,
            user_id=inter.author.id,
            channel_id=inter.channel_id,
            locale=words.locale,
            token=inter.token,
        )
        await self._watched(entry, answer, telling(inter), inter.channel, words)

    async def _watched(
        self,
        entry: AbstractAsyncContextManager[None],
        answer: Coroutine[Any, Any, Any],
        tell: Callable[[str], Awaitable[Any]],
        place: Any,
        words: Words,
    ) -> None:
        """Give an answer; whatever goes wrong becomes one clear line to the user or the operator."""
        if self._is_ending:
            answer.close()
            return
        task = asyncio.ensure_future(_noted(entry, answer))
        self._at_work.add(task)
        try:
            await task
        except FileLedgerError as error:
            await self._say(tell, words.error(error), place)
        except disnake.Forbidden as error:
            log.warning(permission_words(place, error))
        except disnake.HTTPException as error:
            log.warning("Discord refused an answer", status=error.status, code=error.code, reason=error.text)
            if error.status != HTTPStatus.NOT_FOUND:  # there is still somebody who waits
                await self._say(tell, words("FAILED"), place)
        except Exception:
            log.exception("an answer failed")
            await self._say(tell, words("FAILED"), place)
        finally:
            self._at_work.discard(task)

    async def _say(self, tell: Callable[[str], Awaitable[Any]], text: str, place: Any) -> None:
        try:
            await tell(text)
        except disnake.Forbidden as error:
            log.warning(permission_words(place, error))
        except disnake.HTTPException as error:
            log.warning("Discord refused an answer", status=error.status, code=error.code, reason=error.text)

    def _is_addressed(self, message: disnake.Message) -> bool:
        is_direct = message.guild is None
        return is_direct or self.user in message.mentions or str(message.channel.id) in self._channel_ids

    def _is_new(self, message_id: int) -> bool:
        """Whether a message was not met before: a resumed session may tell of one twice."""
        if message_id in self._seen:
            return False
        self._seen[message_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


async def _noted(entry: AbstractAsyncContextManager[None], answer: Coroutine[Any, Any, Any]) -> None:
    """Give an answer that is noted as owed until then."""
    try:
        async with entry:
            await answer
    finally:
        answer.close()  # it was never begun, when the note could not be made
