"""Channels, threads and typing (resources/channel)."""

from collections.abc import Sequence

from tests.support.discord_server import errors, payloads
from tests.support.discord_server.api import Route
from tests.support.discord_server.calls import Call
from tests.support.discord_server.forms import Form
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import Channel, ChannelKind, Json
from tests.support.discord_server.world import World

CHANNEL = "/channels/{channel_id}"
NAME = 100


class Channels:
    """Routes of channels."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> Sequence[Route]:
        """Routes and handlers."""
        return [
            (f"GET {CHANNEL}", self._find),
            (f"POST {CHANNEL}/typing", self._type),
            (f"POST {CHANNEL}/threads", self._start_thread),
            (f"POST {CHANNEL}/messages/{{message_id}}/threads", self._start_thread),
        ]

    def _find(self, call: Call) -> Json:
        channel = self._world.channel(call.parameters["channel_id"])
        return payloads.channel_payload(channel, self._world.bot)

    def _type(self, call: Call) -> None:
        if Permission.SEND_MESSAGES in self._world.channel(call.parameters["channel_id"]).denied:
            raise errors.missing_permissions()

    def _start_thread(self, call: Call) -> Json:
        parent = self._world.channel(call.parameters["channel_id"])
        if Permission.CREATE_PUBLIC_THREADS in parent.denied:
            raise errors.missing_permissions()
        form = Form()
        form.between(("name",), call.body.get("name"), 1, NAME)
        form.close()
        thread = Channel(
            id=self._thread_id(call, parent),
            kind=ChannelKind.PUBLIC_THREAD,
            name=call.body["name"],
            guild_id=parent.guild_id,
            parent_id=parent.id,
            denied=parent.denied,
        )
        return payloads.channel_payload(self._world.add_channel(thread), self._world.bot)

    def _thread_id(self, call: Call, parent: Channel) -> str:
        """Return the id of a new thread: that of the message it starts from, if it starts from one."""
        if (message_id := call.parameters.get("message_id")) is None:
            return self._world.ids.new()
        return self._world.message(message_id, parent.id).id
