"""The client: which events it wants, and which handler answers each."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from http import HTTPStatus
from typing import Any

import disnake
import structlog
from disnake.ext import commands

from application.upload import Receipt
from domain.errors import FileLedgerError
from interfaces.discord.answering import Interaction, telling
from interfaces.discord.answers import Answers, spoken
from interfaces.discord.cards import upload_card
from interfaces.discord.clicks import Clicks
from interfaces.discord.desk import Desk
from interfaces.discord.faults import permission_words
from interfaces.discord.file_commands import FileCommands, help_text
from interfaces.discord.operator_commands import OperatorCommands
from interfaces.discord.sending import ChannelOutlet, Post
from interfaces.discord.words import ENGLISH, TEXTS, Words

REMEMBERED = 1_000  # messages, so that one told twice after a reconnect is answered once

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
            **options,
        )
        self._desk = desk
        self._answers = Answers(desk, self.http)
        self._channel_ids = channel_ids
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._at_work: set[asyncio.Task[Any]] = set()
        self._is_ending = False
        self.add_cog(FileCommands(self.answer, desk, self._answers))
        self.add_cog(OperatorCommands(self.answer, desk))
        self.add_cog(Clicks(self.answer, desk, self._answers))

    async def finish(self, grace_s: float) -> None:
        """Begin no answer any more, let the begun ones end, and stop the runs that take longer."""
        self._is_ending = True
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=grace_s)
        self._desk.stop_runs()
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=grace_s)

    # -- events ------------------------------------------------------------------

    async def on_connect(self) -> None:
        """Tell the operator that people can write now."""
        log.info("connected to Discord", bot=str(self.user))

    async def on_message(self, message: disnake.Message) -> None:
        """Take in files, answer a text, and explain to who sends neither."""
        if message.author.bot or not self._is_addressed(message) or not self._is_new(message.id):
            return
        await self._watched(self._answer(message), _replying(message), message.channel)

    # -- answers -----------------------------------------------------------------

    async def _answer(self, message: disnake.Message) -> None:
        text = spoken(message, self.user.id) if self._desk.can_chat else ""
        file_ids = await self._take_in(message) if message.attachments else []
        if text:
            await self._answers.turn(message, text, file_ids)
        elif not message.attachments:
            await _replying(message)(help_text(ENGLISH, can_chat=self._desk.can_chat))

    async def _take_in(self, message: disnake.Message) -> list[str]:
        """Keep the files of a message, answer with their card, and return their ids."""
        outcomes = await self._desk.save(str(message.author.id), message.attachments)
        embed, widgets = upload_card(outcomes)
        outlet = ChannelOutlet(self.http, message.channel.id, f"card-{message.id}", message.id)
        await outlet.send(Post(embed=embed, rows=widgets))
        return [outcome.file.file_id for outcome in outcomes if isinstance(outcome, Receipt)]

    # -- around every answer -----------------------------------------------------

    async def answer(self, inter: Interaction, answer: Coroutine[Any, Any, None]) -> None:
        """Answer what somebody did with the bot; told twice, it is answered once."""
        if self._is_new(inter.id):
            await self._watched(answer, telling(inter), inter.channel, Words.of(inter))
        else:
            answer.close()

    async def _watched(
        self,
        answer: Coroutine[Any, Any, Any],
        tell: Callable[[str], Awaitable[Any]],
        place: Any,
        words: Words = ENGLISH,
    ) -> None:
        """Give an answer; whatever goes wrong becomes one clear line to the user or the operator."""
        if self._is_ending:
            answer.close()
            return
        task = asyncio.ensure_future(answer)
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


def _replying(message: disnake.Message) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return what replies to a message, and still answers when its author has deleted it meanwhile."""
    return partial(message.reply, fail_if_not_exists=False)
