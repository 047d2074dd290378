"""Messages on their way to Discord: each appears once, and where it still can.

The client repeats a request that was answered with 500, also when it had been
carried out. Discord drops the repetition when the message has a nonce that is to
be unique (`enforce_nonce`), which the client's own methods do not offer.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

import disnake
from disnake.http import HTTPClient, Route, to_multipart_with_attachments
from disnake.interactions.base import Interaction

from interfaces.discord.widgets import Rows

NO_LINK_PREVIEWS = disnake.MessageFlags(suppress_embeds=True).value
EPHEMERAL = disnake.MessageFlags(ephemeral=True).value
ORIGINAL = "@original"
_TOKEN_OVER = frozenset({10015, 10062, 50027})  # unknown webhook, unknown interaction, invalid token
_UNKNOWN_MESSAGE = 10008
UNAUTHORIZED = 401


@dataclass(frozen=True)
class Post:
    """What a message shall be."""

    content: str = ""
    rows: Rows = field(default_factory=list)
    files: Sequence[disnake.File] = ()
    embed: disnake.Embed | None = None

    def body(self) -> dict[str, Any]:
        """Return it as Discord's API wants it."""
        rows = [row if isinstance(row, list) else [row] for row in self.rows]
        return {
            "content": self.content,
            "embeds": [self.embed.to_dict()] if self.embed else [],
            "components": [disnake.ui.ActionRow(*row).to_component_dict() for row in rows],
            "allowed_mentions": disnake.AllowedMentions.none().to_dict(),
        }


class Outlet(Protocol):
    """Where messages of an answer go. What `send` returns names the message for the others."""

    async def send(self, post: Post) -> str:
        """Add a message."""

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message, or put another in its place when it is gone; return which."""

    async def delete(self, message_id: str) -> None:
        """Take a message away."""


class ChannelOutlet:
    """Messages in a channel; the first replies to `message_id`, if there is one.

    `key` makes their nonces, so that none of them appears twice.
    """

    def __init__(self, http: HTTPClient, channel_id: int, key: str, replies_to: int | None = None) -> None:
        self._http, self._channel_id, self._key = http, channel_id, key
        self._replies_to = replies_to
        self._numbers = count()

    async def send(self, post: Post) -> str:
        """Add a message. A second one within minutes from a repeated request is the first one."""
        nonce = f"{self._key}-{next(self._numbers)}"[:25]
        body = {**post.body(), "nonce": nonce, "enforce_nonce": True}
        if post.embed is None:
            body["flags"] = NO_LINK_PREVIEWS
        if self._replies_to is not None:
            body["message_reference"] = {"message_id": str(self._replies_to), "fail_if_not_exists": False}
            self._replies_to = None
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=self._channel_id)
        return str((await _request(self._http, route, body, post.files))["id"])

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message; a deleted one comes anew."""
        try:
            await _request(self._http, self._route("PATCH", message_id), post.body(), post.files)
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
        return Route(method, path, channel_id=self._channel_id, message_id=message_id)


class InteractionOutlet:
    """Answers to an interaction, until its token is over; then messages in `later`.

    The interaction must have been deferred: the first message fills that place.
    """

    def __init__(
        self,
        http: HTTPClient,
        inter: Interaction[Any],
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
            return str(
                (await _request(self._http, self._route("POST", "?wait=true"), body, post.files))["id"]
            )
        except disnake.HTTPException as error:
            return await (await self._turn_to_later(error, post)).send(post)

    async def edit(self, message_id: str, post: Post) -> str:
        """Change a message of the answer; once the token is over it comes anew, in `later`."""
        if self._instead is not None:
            return await self._instead.edit(message_id, post)
        route = self._route("PATCH", f"/messages/{message_id}")
        try:
            await _request(self._http, route, post.body(), post.files)
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
        if error.status != UNAUTHORIZED and error.code not in _TOKEN_OVER:
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


async def _request(
    http: HTTPClient, route: Route, body: dict[str, Any], files: Sequence[disnake.File]
) -> Any:
    if not files:
        return await http.request(route, json=body)
    for file in files:
        file.reset()
    return await http.request(route, form=to_multipart_with_attachments(body, files), files=files)
