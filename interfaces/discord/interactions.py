"""Answers to interactions: acknowledged in time, given once, and arriving whatever the network loses."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import disnake
from disnake.http import HTTPClient, Route
from disnake.interactions import base

from interfaces.discord.faults import TAKES_NO_MESSAGES
from interfaces.discord.posts import Post
from interfaces.discord.rights import Rights
from interfaces.discord.sending import Channel, ChannelOutlet, Outlet, request
from interfaces.discord.widgets import Rows
from interfaces.discord.words import Words

Interaction = base.Interaction[Any]
Answer = Callable[[Interaction, Coroutine[Any, Any, None]], Awaitable[None]]
"""Gives an answer to an interaction; whatever goes wrong becomes a line to who acted."""

ALREADY_ACKNOWLEDGED = 40060
UNAUTHORIZED = 401
TOKEN_OVER = frozenset({10015, 10062, 50027})  # unknown webhook, unknown interaction, invalid token
EPHEMERAL = disnake.MessageFlags(ephemeral=True).value
ORIGINAL = "@original"


async def acknowledge(inter: Interaction, *, is_private: bool = True, in_place: bool = False) -> None:
    """Tell Discord that an answer comes; `in_place` changes the message that was clicked.

    The client repeats a request that was answered with 500. When the first one had
    been carried out, the repetition is refused as already acknowledged: then all is well.
    An event told twice never comes so far (`FileBot.answer`).
    """
    try:
        await inter.response.defer(with_message=not in_place, ephemeral=is_private)
    except disnake.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:
            raise


class InteractionOutlet:
    """Answers to an interaction, until its token is over; then messages in `later`.

    The interaction must have been deferred: the first message fills that place.
    """

    def __init__(
        self,
        http: HTTPClient,
        inter: Interaction,
        later: Callable[[], Coroutine[Any, Any, Outlet]],
        *,
        is_ephemeral: bool,
    ) -> None:
        self._http, self._inter, self._later = http, inter, later
        self._flags = EPHEMERAL if is_ephemeral else 0
        self._is_answered = False
        self._instead: Outlet | None = None

    async def send(self, post: Post) -> str:
        """Answer, or add to the answer."""
        if self._instead is not None:
            return await self._instead.send(post)
        is_first, self._is_answered = not self._is_answered, True
        if is_first:
            return await self.edit(ORIGINAL, post)
        body = {**post.body(), "flags": self._flags}
        try:
            return str((await request(self._http, self._route("POST", "?wait=true"), body, post.files))["id"])
        except disnake.HTTPException as error:
            return await (await self._turn_to_later(error, post)).send(post)

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message of the answer; once the token is over it comes anew, in `later`."""
        if self._instead is not None:
            return await self._instead.edit(message_id, post)
        route = self._route("PATCH", f"/messages/{message_id}")
        try:
            await request(self._http, route, post.body(), post.files)
        except disnake.HTTPException as error:
            return await (await self._turn_to_later(error, post)).send(post)
        return message_id

    async def delete(self, message_id: str) -> None:
        """Take a message of the answer away."""
        if self._instead is not None:
            await self._instead.delete(message_id)
        else:
            await self._http.request(self._route("DELETE", f"/messages/{message_id}"))

    async def _turn_to_later(self, error: disnake.HTTPException, post: Post) -> Outlet:
        if error.status != UNAUTHORIZED and error.code not in TOKEN_OVER:
            raise error
        for file in post.files:
            file.reset()
        self._instead = await self._later()
        return self._instead

    def _route(self, method: str, rest: str) -> Route:
        path = "/webhooks/{webhook_id}/{webhook_token}" + rest
        return Route(
            method,
            path,
            webhook_id=self._inter.application_id,
            webhook_token=self._inter.token,
            channel_id=self._inter.id,  # for the client: answers to two people need not wait for each other
        )


class DirectOutlet:
    """Direct messages. Who takes none is told in the channel where the answer is, and nothing of it."""

    def __init__(self, private: Outlet, public: Outlet, notice: str) -> None:
        self._private, self._public, self._notice = private, public, notice

    async def send(self, post: Post) -> str:
        """Add a message.

        Raises:
            disnake.Forbidden: it did not arrive, what is said in the channel instead may have.
        """
        try:
            return await self._private.send(post)
        except disnake.Forbidden as error:
            if error.code == TAKES_NO_MESSAGES:
                with suppress(disnake.HTTPException):
                    await self._public.send(Post(self._notice))
            raise

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message; a deleted one comes anew."""
        return await self._private.edit(message_id, post)

    async def delete(self, message_id: str) -> None:
        """Take a message away."""
        await self._private.delete(message_id)


def outlet_of(inter: Interaction, *, is_private: bool = True) -> InteractionOutlet:
    """Return where the answer to a deferred interaction goes, however late.

    Then it is a message in the channel, or a direct one when it is nobody else's business.
    """
    http = inter.bot.http

    async def later() -> Outlet:
        rights, words = Rights.of(inter.app_permissions, inter.channel), Words.of(inter)
        public = ChannelOutlet(http, Channel(inter.channel_id, rights, words), str(inter.id))
        if not is_private:
            return public
        direct = await http.start_private_message(inter.author.id)
        private = ChannelOutlet(http, Channel(int(direct["id"])), str(inter.id))
        return DirectOutlet(private, public, words("WAITS_FOR_YOU", user_id=inter.author.id))

    return InteractionOutlet(http, inter, later, is_ephemeral=is_private)


async def deliver(
    inter: Interaction,
    content: str = "",
    *,
    embed: disnake.Embed | None = None,
    components: Rows | None = None,
) -> None:
    """Give the answer that was announced."""
    await outlet_of(inter).send(Post(content, components or [], embed=embed))


def telling(inter: Interaction) -> Callable[[str], Awaitable[Any]]:
    """Return what tells who acted, and nobody else, that something went wrong."""

    async def tell(text: str) -> None:
        if not inter.response.is_done():
            await acknowledge(inter)
        await deliver(inter, text)

    return tell
