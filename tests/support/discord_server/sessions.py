"""A bot's session at the gateway, which outlives its connections."""

import time
from collections import deque
from dataclasses import dataclass, field

from tests.support.discord_server.connections import Connection
from tests.support.discord_server.intents import Event, Intent, shard_of
from tests.support.discord_server.values import Json

KEPT = 10_000


@dataclass
class Session:
    """What was sent to a bot, kept for RESUME. `heartbeats_s` are arrivals on the monotonic clock."""

    id: str
    intents: Intent
    shard: tuple[int, int]
    connection: Connection | None
    sequence: int = 0
    is_valid: bool = True
    resumed: int = 0
    heartbeats_s: list[float] = field(default_factory=list)
    presence: Json = None
    _sent: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))

    def tell(self, event: Event) -> None:
        """Send an event to the bot if it asked for such; it is kept while nobody is connected."""
        shard_id, shards = self.shard
        if not self.is_valid or shard_of(event.guild_id, shards) != shard_id:
            return
        if (data := event.seen_with(self.intents)) is not None:
            self.dispatch(event.name, data)

    def dispatch(self, name: str, data: Json) -> None:
        """Send an event, whatever the bot asked for."""
        self.sequence += 1
        packet = {"op": 0, "t": name, "s": self.sequence, "d": data}
        self._sent.append(packet)
        if self.connection is not None:
            self.connection.send(packet)

    def told(self, name: str) -> list[Json]:
        """Return what was sent under a name."""
        return [packet["d"] for packet in self._sent if packet["t"] == name]

    def resume(self, connection: Connection, sequence: int) -> None:
        """Send again what came after `sequence`, over a new connection."""
        if self.connection is not None:
            self.connection.cut()  # the bot has left it without a word
        self.connection = connection
        self.resumed += 1
        for packet in [packet for packet in self._sent if packet["s"] > sequence]:
            connection.send(packet)
        self.dispatch("RESUMED", {})

    def beat(self) -> None:
        """Note a heartbeat."""
        self.heartbeats_s.append(time.monotonic())
