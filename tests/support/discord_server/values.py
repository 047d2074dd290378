"""What a person sees on Discord: users, channels, messages, attachments. Values never change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any

from tests.support.discord_server import permissions
from tests.support.discord_server.permissions import Permission

Json = Any


class ChannelKind(IntEnum):
    """Types of channel."""

    TEXT = 0
    DM = 1
    PUBLIC_THREAD = 11


class MessageFlag(IntFlag):
    """Flags of a message."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


class ComponentKind(IntEnum):
    """Types of component."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = frozenset(
    {
        ComponentKind.STRING_SELECT,
        ComponentKind.USER_SELECT,
        ComponentKind.ROLE_SELECT,
        ComponentKind.MENTIONABLE_SELECT,
        ComponentKind.CHANNEL_SELECT,
    }
)


@dataclass(frozen=True)
class User:
    """An account."""

    id: str
    name: str
    is_bot: bool = False

    @property
    def mention(self) -> str:
        """How a text names the user."""
        return f"<@{self.id}>"


@dataclass(frozen=True)
class Upload:
    """A file on its way to Discord."""

    filename: str
    data: bytes
    content_type: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Attachment:
    """A file that is on Discord."""

    id: str
    filename: str
    size_bytes: int
    url: str
    content_type: str | None
    description: str | None = None
    is_ephemeral: bool = False


@dataclass(frozen=True)
class Guild:
    """A server, in the words of those who use Discord."""

    id: str
    name: str
    owner: User
    premium_tier: int = 0


@dataclass(frozen=True)
class Channel:
    """A place for messages. `denied` is what the bot may not do there."""

    id: str
    kind: ChannelKind
    name: str = ""
    guild_id: str | None = None
    parent_id: str | None = None
    recipient: User | None = None
    denied: Permission = permissions.NONE


@dataclass(frozen=True)
class Message:
    """A message as it stands. `audience` is who alone sees an ephemeral one, `kind` a notice's."""

    id: str
    channel_id: str
    author: User
    created_at: datetime
    content: str = ""
    attachments: Sequence[Attachment] = ()
    embeds: Sequence[Json] = ()
    components: Sequence[Json] = ()
    flags: MessageFlag = NO_FLAGS
    mentions: Sequence[User] = ()
    replies_to: str | None = None
    kind: int | None = None
    nonce: str | int | None = None
    interaction_id: str | None = None
    audience: str | None = None
    edited_at: datetime | None = None
    reactions: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def is_loading(self) -> bool:
        """Whether it says no more than that the bot is thinking."""
        return MessageFlag.LOADING in self.flags

    @property
    def text(self) -> str:
        """Everything there is to read: content, embeds and displayed text."""
        return "\n".join([self.content, *_embedded(self.embeds), *_displayed(self.components)]).strip()

    @property
    def widgets(self) -> Sequence[Json]:
        """The components that a person can use."""
        return [part for part in walk(self.components) if "custom_id" in part]

    def attachment(self, filename: str) -> Attachment:
        """Return the attachment of that name."""
        return next(item for item in self.attachments if item.filename == filename)


def walk(components: Sequence[Json]) -> Iterator[Json]:
    """Yield components and those inside them, in the order in which they are read."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        yield from walk([component[name] for name in ("accessory", "component") if component.get(name)])


def _displayed(components: Sequence[Json]) -> Iterator[str]:
    for component in walk(components):
        if component["type"] == ComponentKind.TEXT_DISPLAY:
            yield component["content"]


def _embedded(embeds: Sequence[Json]) -> Iterator[str]:
    for embed in embeds:
        fields = [text for item in embed.get("fields") or () for text in (item["name"], item["value"])]
        footer = (embed.get("footer") or {}).get("text")
        yield from filter(None, [embed.get("title"), embed.get("description"), *fields, footer])
