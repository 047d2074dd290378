"""Which events a bot asked for (events/gateway, Gateway Intents)."""

from dataclasses import dataclass
from enum import IntFlag

from tests.support.discord_server.values import Json


class Intent(IntFlag):
    """Bits of a gateway intent."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


NO_INTENTS = Intent(0)
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
KNOWN_BITS = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25

_HIDDEN: dict[str, Json] = {"content": "", "embeds": [], "attachments": [], "components": []}


@dataclass(frozen=True)
class Event:
    """Something that bots are told: `intent` is what they must have asked for, None is for all.

    `guild_id` decides on the shard; direct messages go to the first. A message that
    is not `readable` without the intent for contents is sent without them.
    """

    name: str
    data: Json
    guild_id: str | None = None
    intent: Intent | None = None
    readable: bool = True

    def seen_with(self, intents: Intent) -> Json | None:
        """Return what a bot with these intents is told, None when nothing."""
        if self.intent is not None and self.intent not in intents:
            return None
        if self.readable or Intent.MESSAGE_CONTENT in intents:
            return self.data
        return self.data | _HIDDEN


def shard_of(guild_id: str | None, shards: int) -> int:
    """Return the shard that a guild is on."""
    return (int(guild_id) >> 22) % shards if guild_id else 0
