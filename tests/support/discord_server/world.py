"""The state of the test's Discord. Everything that changes goes through here, and is told to bots."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tests.support.discord_server import errors, payloads
from tests.support.discord_server.changes import Changes
from tests.support.discord_server.clock import Clock
from tests.support.discord_server.files import FileStore
from tests.support.discord_server.intents import Event, Intent
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.snowflakes import Snowflakes
from tests.support.discord_server.values import (
    Channel,
    ChannelKind,
    Guild,
    Json,
    Message,
    User,
)

GUILD_EVENTS = {
    "MESSAGE": (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES),
    "REACTION": (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
}


@dataclass
class Application:
    """The bot's entry in the developers' portal: its token and the privileged intents switched on."""

    bot: User
    token: str
    privileged: Intent


@dataclass
class World:
    """Guilds, people, channels and messages. `publish` takes each event to the gateway."""

    clock: Clock
    application: Application
    ids: Snowflakes
    files: FileStore
    changes: Changes
    publish: Callable[[Event], None]
    guilds: dict[str, Guild] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    commands: dict[str, Json] = field(default_factory=dict)
    closed_to_messages: set[str] = field(default_factory=set)

    @property
    def bot(self) -> User:
        """The bot."""
        return self.application.bot

    # -- looking -----------------------------------------------------------------

    def channel(self, channel_id: str) -> Channel:
        """Return a channel that the bot can see.

        Raises:
            ApiError: there is none, or the bot may not view it.
        """
        if (channel := self.channels.get(channel_id)) is None:
            raise errors.unknown_channel()
        if Permission.VIEW_CHANNEL in channel.denied:
            raise errors.missing_access()
        return channel

    def message(self, message_id: str, channel_id: str | None = None) -> Message:
        """Return a message; with a channel, one that everybody in it sees.

        Raises:
            ApiError: there is none.
        """
        message = self.messages.get(message_id)
        if message is None or channel_id not in {None, message.channel_id}:
            raise errors.unknown_message()
        if channel_id is not None and message.is_ephemeral:
            raise errors.unknown_message()
        return message

    def mentioned(self, content: str) -> Sequence[User]:
        """Return whom a text names."""
        ids = dict.fromkeys(re.findall(r"<@!?(\d+)>", content))
        return [self.users[user_id] for user_id in ids if user_id in self.users]

    def members(self) -> list[User]:
        """Return everybody; all are members of all guilds."""
        return list(self.users.values())

    # -- changing ----------------------------------------------------------------

    def direct_channel(self, user: User) -> Channel:
        """Return the channel between the bot and a person, made at first use."""
        for channel in self.channels.values():
            if channel.recipient == user:
                return channel
        return self.add_channel(Channel(self.ids.new(), ChannelKind.DM, recipient=user))

    def add_guild(self, guild: Guild) -> Guild:
        """Add a guild, and tell the bot."""
        self.guilds[guild.id] = guild
        self._tell("GUILD_CREATE", self.guild_payload(guild), guild.id, Intent.GUILDS)
        return guild

    def add_channel(self, channel: Channel) -> Channel:
        """Add or change a channel or thread, and tell the bot."""
        kind = "THREAD" if channel.kind is ChannelKind.PUBLIC_THREAD else "CHANNEL"
        action = "UPDATE" if channel.id in self.channels else "CREATE"
        self.channels[channel.id] = channel
        payload = payloads.channel_payload(channel, self.bot)
        self._tell(f"{kind}_{action}", payload, channel.guild_id, Intent.GUILDS)
        return channel

    def add_message(self, message: Message) -> Message:
        """Add a message, and tell the bot."""
        self.messages[message.id] = message
        self._tell_of_message("MESSAGE_CREATE", message)
        return message

    def change_message(self, message: Message) -> Message:
        """Replace a message by its new state, and tell the bot."""
        before = self.messages[message.id]
        for attachment in before.attachments:
            if attachment not in message.attachments:
                self.files.remove(attachment.id)
        self.messages[message.id] = message
        self._tell_of_message("MESSAGE_UPDATE", message)
        return message

    def delete_message(self, message: Message) -> None:
        """Delete a message and its files, and tell the bot."""
        del self.messages[message.id]
        for attachment in message.attachments:
            self.files.remove(attachment.id)
        if not message.is_ephemeral:
            channel = self.channels[message.channel_id]
            place = {"id": message.id, "channel_id": channel.id, **_guild_part(channel)}
            self._tell_in(channel, "MESSAGE_DELETE", place, "MESSAGE")

    def react(self, message: Message, user: User, emoji: str, *, is_added: bool) -> None:
        """Add or take back a reaction, and tell the bot."""
        users = message.reactions.get(emoji, frozenset())
        users = users | {user.id} if is_added else users - {user.id}
        self.messages[message.id] = replace(message, reactions={**message.reactions, emoji: users})
        channel = self.channels[message.channel_id]
        payload: Json = {
            "user_id": user.id,
            "channel_id": channel.id,
            "message_id": message.id,
            "message_author_id": message.author.id,
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
            **_guild_part(channel),
        }
        self._tell_in(channel, f"MESSAGE_REACTION_{'ADD' if is_added else 'REMOVE'}", payload, "REACTION")

    # -- telling -----------------------------------------------------------------

    def guild_payload(self, guild: Guild) -> Json:
        """Return a guild with what the bot can see of it."""
        return payloads.guild_payload(guild, self.channels.values(), self.members(), self.bot)

    def message_payload(self, message: Message) -> Json:
        """Return a message as the API does."""
        channel = self.channels[message.channel_id]
        replied = self.messages.get(message.replies_to or "")
        return payloads.message_payload(message, channel, replied)

    def history(self, channel_id: str) -> Iterator[Message]:
        """Yield what everybody sees in a channel, newest first."""
        for message in reversed(self.messages.values()):
            if message.channel_id == channel_id and not message.is_ephemeral:
                yield message

    def is_readable(self, message: Message) -> bool:
        """Whether a bot without the intent for contents gets this message's."""
        channel = self.channels[message.channel_id]
        is_own = message.author == self.bot or channel.kind is ChannelKind.DM
        return is_own or self.bot in message.mentions

    def _tell_of_message(self, name: str, message: Message) -> None:
        channel = self.channels[message.channel_id]
        if message.is_ephemeral or Permission.VIEW_CHANNEL in channel.denied:
            self.changes.announce()
            return
        payload = self.message_payload(message) | _guild_part(channel)
        if channel.guild_id is not None:
            member = payloads.member_payload(message.author)
            payload["member"] = {key: value for key, value in member.items() if key != "user"}
        self._tell_in(channel, name, payload, "MESSAGE", readable=self.is_readable(message))

    def _tell_in(self, channel: Channel, name: str, data: Json, kind: str, *, readable: bool = True) -> None:
        in_guild, direct = GUILD_EVENTS[kind]
        intent = in_guild if channel.guild_id else direct
        self.publish(Event(name, data, channel.guild_id, intent, readable))
        self.changes.announce()

    def _tell(self, name: str, data: Json, guild_id: str | None, intent: Intent | None) -> None:
        self.publish(Event(name, data, guild_id, intent))
        self.changes.announce()


def _guild_part(channel: Channel) -> Json:
    return {"guild_id": channel.guild_id} if channel.guild_id else {}
