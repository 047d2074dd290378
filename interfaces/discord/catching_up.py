"""After a restart: who was left waiting is told, and what was said meanwhile is answered."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import disnake
import structlog
from disnake.http import Route

from domain.errors import FileLedgerError
from interfaces.discord.interactions import ORIGINAL
from interfaces.discord.posts import Post
from interfaces.discord.rights import Rights
from interfaces.discord.sending import Channel, ChannelOutlet
from interfaces.discord.text import MESSAGE_CHARACTERS
from interfaces.discord.waiting import Waiting, WaitingList
from interfaces.discord.words import Words

MOST_MISSED = 100  # messages of a channel that are looked through

Hear = Callable[[disnake.Message], Coroutine[Any, Any, None]]

log = structlog.get_logger()


class CatchingUp:
    """Pays what an earlier process owes."""

    def __init__(self, client: disnake.Client, waiting: WaitingList, hear: Hear, hear_again: Hear) -> None:
        self._client, self._waiting = client, waiting
        self._hear, self._hear_again = hear, hear_again

    async def __call__(self, left: dict[str, Waiting], heard: dict[int, int]) -> None:
        """Tell who was left waiting, and hear what was said since in the channels that were heard."""
        owed = [self._pay(name, waiting) for name, waiting in left.items()]
        missed = [self._attempt(self._hear_missed(*channel)) for channel in heard.items()]
        await asyncio.gather(*owed, *missed)

    async def _pay(self, name: str, waiting: Waiting) -> None:
        await self._attempt(self._settle(name, waiting))
        await self._waiting.settled(name)

    async def _attempt(self, step: Any) -> None:
        try:
            await step
        except (disnake.DiscordException, FileLedgerError) as error:
            log.warning("what an earlier process owed cannot be settled", reason=str(error))

    async def _hear_missed(self, channel_id: int, message_id: int) -> None:
        channel, after = await self._channel(channel_id), disnake.Object(message_id)
        missed = [it async for it in channel.history(limit=MOST_MISSED, after=after, oldest_first=True)]
        await asyncio.gather(*map(self._hear, missed))

    async def _settle(self, name: str, waiting: Waiting) -> None:
        if waiting.token:
            await self._settle_interaction(name, waiting)
        elif waiting.is_begun or not await self._is_heard_again(waiting):
            await self._settle_message(name, waiting)

    async def _is_heard_again(self, waiting: Waiting) -> bool:
        """Answer a message of which nothing was begun, or only what may be done twice."""
        try:
            channel = await self._channel(waiting.channel_id)
            message = await channel.fetch_message(waiting.message_id)
        except disnake.Forbidden:  # it may not be read again
            return False
        except disnake.NotFound:  # who deleted it waits no longer
            return True
        await self._hear_again(message)
        return True

    async def _settle_message(self, name: str, waiting: Waiting) -> None:
        outlet = self._outlet(waiting.channel_id, name, waiting)
        if not waiting.shown_id:
            await outlet.send(_notice(waiting))
            return
        try:
            channel = await self._channel(waiting.channel_id)
            shown = await channel.fetch_message(int(waiting.shown_id))
        except (disnake.NotFound, disnake.Forbidden):
            await outlet.send(_notice(waiting))
        else:
            await outlet.edit(waiting.shown_id, _cut_off(shown.content, waiting))

    async def _settle_interaction(self, name: str, waiting: Waiting) -> None:
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        where = {"webhook_id": self._client.application_id, "webhook_token": waiting.token}
        shown_id = waiting.shown_id or ORIGINAL
        try:
            shown = await self._client.http.request(Route("GET", path, **where, message_id=shown_id))
            body = _cut_off(shown["content"], waiting).body()
            await self._client.http.request(Route("PATCH", path, **where, message_id=shown_id), json=body)
        except disnake.HTTPException:  # the token is over, or nothing was shown yet
            direct = await self._client.http.start_private_message(waiting.user_id)
            await self._outlet(int(direct["id"]), name, waiting).send(_notice(waiting))

    def _outlet(self, channel_id: int, name: str, waiting: Waiting) -> ChannelOutlet:
        rights = Rights.there(self._client.get_channel(channel_id))
        spot = Channel(channel_id, rights, Words(waiting.locale))
        return ChannelOutlet(self._client.http, spot, f"cut-{name}", waiting.message_id)

    async def _channel(self, channel_id: int) -> Any:
        return self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)


def _notice(waiting: Waiting) -> Post:
    words = Words(waiting.locale)
    return Post(words("CUT_OFF"))


def _cut_off(content: str, waiting: Waiting) -> Post:
    """Return what was shown, without its line of progress, and that nothing more will come."""
    said, _, last = content.rpartition("\n")
    kept = said if last.startswith("-# ") else content
    notice = _notice(waiting).content
    return Post(f"{kept[: MESSAGE_CHARACTERS - len(notice) - 2]}\n\n{notice}".strip())
