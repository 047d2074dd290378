"""Messages on their way to Discord: each appears once, and where it still can.

The client repeats a request that was answered with 500, also when it had been
carried out. Discord drops the repetition when the message has a nonce that is to
be unique (`enforce_nonce`), which the client's own methods do not offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

import disnake
from disnake.http import HTTPClient, Route, to_multipart_with_attachments

from interfaces.discord.posts import Post
from interfaces.discord.rights import ALL, Rights
from interfaces.discord.words import ENGLISH, Words

NO_LINK_PREVIEWS = disnake.MessageFlags(suppress_embeds=True).value
_UNKNOWN_MESSAGE = 10008


class Outlet(Protocol):
    """Where messages of an answer go. What `send` returns names the message for the others."""

    async def send(self, post: Post) -> str:
        """Add a message."""

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message, or put another in its place when it is gone; return which."""

    async def delete(self, message_id: str) -> None:
        """Take a message away."""


@dataclass(frozen=True)
class Channel:
    """A channel, what the bot may do in it, and the language of who reads."""

    channel_id: int
    rights: Rights = ALL
    words: Words = ENGLISH


class ChannelOutlet:
    """Messages in a channel; the first replies to a message, if there is one.

    `key` makes their nonces, so that none of them appears twice.
    """

    def __init__(self, http: HTTPClient, channel: Channel, key: str, replies_to: int | None = None) -> None:
        self._http, self._channel, self._key = http, channel, key
        self._replies_to = replies_to if channel.rights.may_reply else None
        self._numbers = count()

    async def send(self, post: Post) -> str:
        """Add a message. A second one within minutes from a repeated request is the first one."""
        post = self._channel.rights.fit(post, self._channel.words)
        nonce = f"{self._key}-{next(self._numbers)}"[:25]
        body = {**post.body(), "nonce": nonce, "enforce_nonce": True}
        if post.embed is None:
            body["flags"] = NO_LINK_PREVIEWS
        if self._replies_to is not None:
            body["message_reference"] = {"message_id": str(self._replies_to), "fail_if_not_exists": False}
            self._replies_to = None
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=self._channel.channel_id)
        return str((await request(self._http, route, body, post.files))["id"])

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message; a deleted one comes anew."""
        fitting = self._channel.rights.fit(post, self._channel.words)
        try:
            await request(self._http, self._route("PATCH", message_id), fitting.body(), fitting.files)
        except disnake.NotFound as error:
            if error.code != _UNKNOWN_MESSAGE:
                raise
            return await self.send(post)
        return message_id

    async def delete(self, message_id: str) -> None:
        """Take a message away; one that is gone already is fine."""
        try:
            await self._http.request(self._route("DELETE", message_id))
        except disnake.NotFound:
            return

    def _route(self, method: str, message_id: str) -> Route:
        path = "/channels/{channel_id}/messages/{message_id}"
        return Route(method, path, channel_id=self._channel.channel_id, message_id=message_id)


async def request(http: HTTPClient, route: Route, body: dict[str, Any], files: Sequence[disnake.File]) -> Any:
    """Send a message's body with its files, which are read from their beginnings."""
    if not files:
        return await http.request(route, json=body)
    for file in files:
        file.reset()
    return await http.request(route, form=to_multipart_with_attachments(body, files), files=files)
