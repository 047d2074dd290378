"""Messages and reactions of the bot in channels (resources/message)."""

from collections.abc import Sequence
from itertools import islice
from urllib.parse import unquote

from tests.support.discord_server import composing, errors
from tests.support.discord_server.api import Route
from tests.support.discord_server.calls import Call
from tests.support.discord_server.composing import Draft
from tests.support.discord_server.forms import Form
from tests.support.discord_server.intents import Intent
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import Channel, ChannelKind, Json, Message
from tests.support.discord_server.world import World

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"
REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}"
PAGE = 50
NONCE_S = 300.0


class Messages:
    """Routes of messages."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> Sequence[Route]:
        """Routes and handlers."""
        return [
            (f"GET {MESSAGES}", self._list),
            (f"POST {MESSAGES}", self._create),
            (f"GET {MESSAGE}", self._find),
            (f"PATCH {MESSAGE}", self._edit),
            (f"DELETE {MESSAGE}", self._delete),
            (f"PUT {REACTION}/@me", self._react),
            (f"DELETE {REACTION}/@me", self._unreact),
        ]

    def _list(self, call: Call) -> Json:
        channel = self._channel(call, Permission.READ_MESSAGE_HISTORY)
        found = self._world.history(channel.id)
        if (before := call.query.get("before")) is not None:
            found = (message for message in found if int(message.id) < int(before))
        if (after := call.query.get("after")) is not None:
            found = (message for message in found if int(message.id) > int(after))
        return [self._payload(message) for message in islice(found, int(call.query.get("limit", PAGE)))]

    def _create(self, call: Call) -> Json:
        channel = self._channel(call, Permission.SEND_MESSAGES)
        self._require_to_send(channel, call)
        body = call.body or {}
        if (sent := self._sent_before(channel, body)) is not None:
            return self._payload(sent)
        return self._payload(composing.compose(self._world, channel, Draft(body, call.files)))

    def _require_to_send(self, channel: Channel, call: Call) -> None:
        if channel.recipient is not None and channel.recipient.id in self._world.closed_to_messages:
            raise errors.closed_to_messages()
        is_thread = channel.kind is ChannelKind.PUBLIC_THREAD
        if is_thread and Permission.SEND_MESSAGES_IN_THREADS in channel.denied:
            raise errors.missing_permissions()
        if call.files and Permission.ATTACH_FILES in channel.denied:
            raise errors.missing_permissions()
        reference = (call.body or {}).get("message_reference")
        if reference is None:
            return
        if Permission.READ_MESSAGE_HISTORY in channel.denied:
            raise errors.no_history_to_reply_to()
        if (
            reference.get("fail_if_not_exists", True)
            and str(reference["message_id"]) not in self._world.messages
        ):
            form = Form()
            form.error(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            form.close()

    def _sent_before(self, channel: Channel, body: Json) -> Message | None:
        """Return the message that a nonce was used for in the last minutes, if it is to be unique."""
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        for message in self._world.history(channel.id):
            age_s = (self._world.clock.now - message.created_at).total_seconds()
            if message.author == self._world.bot and message.nonce == body["nonce"] and age_s < NONCE_S:
                return message
        return None

    def _find(self, call: Call) -> Json:
        self._channel(call, Permission.READ_MESSAGE_HISTORY)
        return self._payload(self._message(call))

    def _edit(self, call: Call) -> Json:
        channel = self._channel(call)
        message = self._message(call)
        if message.author != self._world.bot:
            raise errors.not_the_author()
        if call.files and Permission.ATTACH_FILES in channel.denied:
            raise errors.missing_permissions()
        return self._payload(composing.edit(self._world, message, Draft(call.body or {}, call.files)))

    def _delete(self, call: Call) -> None:
        channel = self._channel(call)
        message = self._message(call)
        is_own = message.author == self._world.bot
        may_moderate = channel.recipient is None and Permission.MANAGE_MESSAGES not in channel.denied
        if not is_own and not may_moderate:
            raise errors.missing_permissions()
        self._world.delete_message(message)

    def _react(self, call: Call) -> None:
        self._channel(call, Permission.ADD_REACTIONS, Permission.READ_MESSAGE_HISTORY)
        emoji = unquote(call.parameters["emoji"])
        self._world.react(self._message(call), self._world.bot, emoji, is_added=True)

    def _unreact(self, call: Call) -> None:
        self._channel(call)
        emoji = unquote(call.parameters["emoji"])
        self._world.react(self._message(call), self._world.bot, emoji, is_added=False)

    def _channel(self, call: Call, *needed: Permission) -> Channel:
        channel = self._world.channel(call.parameters["channel_id"])
        if any(permission in channel.denied for permission in needed):
            raise errors.missing_permissions()
        return channel

    def _message(self, call: Call) -> Message:
        return self._world.message(call.parameters["message_id"], call.parameters["channel_id"])

    def _payload(self, message: Message) -> Json:
        payload = self._world.message_payload(message)
        can_read = Intent.MESSAGE_CONTENT in self._world.application.privileged
        if can_read or self._world.is_readable(message):
            return payload
        return payload | {"content": "", "embeds": [], "attachments": [], "components": []}
