"""Answers to messages: files are kept, a text goes to the model, and who sends neither is helped."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import disnake
import structlog
from disnake.http import HTTPClient

from application.upload import Receipt
from interfaces.discord.answers import Answers, spoken
from interfaces.discord.cards import upload_card
from interfaces.discord.desk import Desk
from interfaces.discord.faults import NEEDED, no_rights_words
from interfaces.discord.file_commands import help_text
from interfaces.discord.posts import Post
from interfaces.discord.readers import Readers
from interfaces.discord.rights import Rights
from interfaces.discord.sending import Channel, ChannelOutlet
from interfaces.discord.waiting import note

log = structlog.get_logger()


class Messages:
    """Answers what people write to the bot."""

    def __init__(self, desk: Desk, answers: Answers, http: HTTPClient, readers: Readers) -> None:
        self._desk, self._answers, self._http, self._readers = desk, answers, http, readers

    async def answer(self, message: disnake.Message, bot_id: int) -> None:
        """Take in files, answer a text, and explain to who sends neither."""
        channel = self._channel(message)
        if not channel.rights.may_write:
            await self._tell_directly(message, channel)
            return
        text = spoken(message, bot_id) if self._desk.can_chat else ""
        file_ids = await self._take_in(message, channel) if message.attachments else []
        if text:
            await note(is_begun=True)  # the model is not asked, and paid, twice
            await self._answers.turn(message, text, file_ids, channel)
        elif not message.attachments:
            help_post = Post(help_text(channel.words, can_chat=self._desk.can_chat))
            await self._outlet(message, channel, "help").send(help_post)

    def telling(self, message: disnake.Message) -> Callable[[str], Awaitable[Any]]:
        """Return what tells who wrote that something went wrong."""
        outlet = self._outlet(message, self._channel(message), "fault")

        async def tell(text: str) -> None:
            await outlet.send(Post(text))

        return tell

    async def _take_in(self, message: disnake.Message, channel: Channel) -> list[str]:
        """Keep the files of a message, answer with their card, and return their ids."""
        outcomes = await self._desk.save(str(message.author.id), message.attachments)
        embed, widgets = upload_card(outcomes, channel.words)
        await self._outlet(message, channel, "card").send(Post(embed=embed, rows=widgets))
        return [outcome.file.file_id for outcome in outcomes if isinstance(outcome, Receipt)]

    async def _tell_directly(self, message: disnake.Message, channel: Channel) -> None:
        """Tell the one who wrote where the bot may not write."""
        log.warning(no_rights_words(message.channel))
        with suppress(disnake.Forbidden):  # who takes no direct messages cannot be told
            where = f"<#{channel.channel_id}>"
            await message.author.send(channel.words("NO_RIGHTS", where=where, needed=NEEDED))

    def _channel(self, message: disnake.Message) -> Channel:
        return Channel(message.channel.id, Rights.there(message.channel), self._readers.of(message))

    def _outlet(self, message: disnake.Message, channel: Channel, what: str) -> ChannelOutlet:
        return ChannelOutlet(self._http, channel, f"{what}-{message.id}", message.id)
