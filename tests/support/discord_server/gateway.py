"""The gateway: websockets over which bots are told what happens (events/gateway)."""

import json
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import WSMessage, WSMsgType, web

from tests.support.discord_server import payloads
from tests.support.discord_server.connections import Connection
from tests.support.discord_server.gateway_protocol import Close, Opcode, packet_of
from tests.support.discord_server.intents import KNOWN_BITS, PRIVILEGED, Event, Intent, shard_of
from tests.support.discord_server.sessions import Session
from tests.support.discord_server.values import Guild, Json
from tests.support.discord_server.world import World

PATH = "/gateway"
HEARTBEAT_INTERVAL_S = 41.25


class Gateway:
    """Sessions and their connections. `shards` is how many are recommended; the rest are faults."""

    def __init__(self, world: World) -> None:
        self.sessions: dict[str, Session] = {}
        self.address = ""
        self.heartbeat_interval_s = HEARTBEAT_INTERVAL_S
        self.acknowledges_heartbeats = True
        self.replayed_again = 0
        self.shards = 1
        self.identified = 0
        self._world = world
        self._connections: set[Connection] = set()
        self._receivers: dict[
            int, Callable[[Connection, Session | None, Json], Awaitable[Session | None]]
        ] = {
            Opcode.HEARTBEAT: self._heartbeat,
            Opcode.IDENTIFY: self._identify,
            Opcode.RESUME: self._resume,
            Opcode.PRESENCE: self._presence,
            Opcode.VOICE_STATE: self._ignore,
            Opcode.REQUEST_MEMBERS: self._members,
        }

    def publish(self, event: Event) -> None:
        """Tell every session."""
        for session in self.sessions.values():
            session.tell(event)

    # -- a connection's life -----------------------------------------------------

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse(max_msg_size=4096)
        await socket.prepare(request)
        connection = Connection(socket, request)
        self._connections.add(connection)
        try:
            if request.query.get("v") != "10":
                await connection.close(Close.INVALID_API_VERSION)
            else:
                interval_ms = int(self.heartbeat_interval_s * 1000)
                connection.send(packet_of(Opcode.HELLO, {"heartbeat_interval": interval_ms}))
                await self._receive(connection)
        finally:
            self._leave(connection)
        return socket

    async def _receive(self, connection: Connection) -> None:
        session: Session | None = None
        async for message in connection.socket:
            if (packet := _decoded(message)) is None:
                await connection.close(Close.DECODE_ERROR)
            elif (receiver := self._receivers.get(packet["op"])) is None:
                await connection.close(Close.UNKNOWN_OPCODE)
            else:
                session = await receiver(connection, session, packet.get("d"))
                self._world.changes.announce()

    def _leave(self, connection: Connection) -> None:
        connection.end()
        self._connections.discard(connection)
        for session in self.sessions.values():
            if session.connection is connection:
                session.connection = None
        self._world.changes.announce()

    async def stop(self) -> None:
        """End every connection."""
        for connection in list(self._connections):
            await connection.socket.close(code=1001)

    # -- what bots send ----------------------------------------------------------

    async def _ignore(self, connection: Connection, session: Session | None, data: Json) -> Session | None:
        return session

    async def _heartbeat(self, connection: Connection, session: Session | None, data: Json) -> Session | None:
        if session is not None:
            session.beat()
        if self.acknowledges_heartbeats:
            connection.send(packet_of(Opcode.HEARTBEAT_ACK))
        return session

    async def _identify(self, connection: Connection, session: Session | None, data: Json) -> Session | None:
        if session is not None:
            await connection.close(Close.ALREADY_AUTHENTICATED)
            return session
        if (code := self._objection(data)) is not None:
            await connection.close(code)
            return None
        self.identified += 1
        shard_id, shards = data.get("shard") or (0, 1)
        session = Session(secrets.token_hex(16), Intent(data["intents"]), (shard_id, shards), connection)
        session.presence = data.get("presence")
        self.sessions[session.id] = session
        self._welcome(session)
        return session

    def _objection(self, data: Json) -> Close | None:
        application = self._world.application
        intents = data.get("intents", -1)
        shard_id, shards = data.get("shard") or (0, 1)
        if data.get("token") != application.token:
            return Close.AUTHENTICATION_FAILED
        if not 0 <= shard_id < shards:
            return Close.INVALID_SHARD
        if intents < 0 or intents & ~KNOWN_BITS:
            return Close.INVALID_INTENTS
        if intents & PRIVILEGED & ~application.privileged:
            return Close.DISALLOWED_INTENTS
        return None

    def _welcome(self, session: Session) -> None:
        guilds = self._guilds_of(session)
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": payloads.user_payload(self._world.bot),
                "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.address,
                "shard": list(session.shard),
                "application": {"id": self._world.bot.id, "flags": 0},
                "private_channels": [],
            },
        )
        for guild in guilds:
            payload = self._world.guild_payload(guild)
            if Intent.GUILD_MEMBERS not in session.intents:  # then only the bot is listed
                own = [member for member in payload["members"] if member["user"]["bot"]]
                payload |= {"members": own}
            session.tell(Event("GUILD_CREATE", payload, guild.id, Intent.GUILDS))

    def _guilds_of(self, session: Session) -> list[Guild]:
        shard_id, shards = session.shard
        return [guild for guild in self._world.guilds.values() if shard_of(guild.id, shards) == shard_id]

    async def _resume(self, connection: Connection, session: Session | None, data: Json) -> Session | None:
        known = self.sessions.get(data["session_id"])
        if data["token"] != self._world.application.token:
            await connection.close(Close.AUTHENTICATION_FAILED)
            return None
        if known is None or not known.is_valid or not 0 <= (data["seq"] or 0) <= known.sequence:
            connection.send(packet_of(Opcode.INVALID_SESSION, data=False))
            return None
        known.resume(connection, (data["seq"] or 0) - self.replayed_again)
        return known

    async def _presence(self, connection: Connection, session: Session | None, data: Json) -> Session | None:
        if session is None:
            await connection.close(Close.NOT_AUTHENTICATED)
        else:
            session.presence = data
        return session

    async def _members(self, connection: Connection, session: Session | None, data: Json) -> Session | None:
        if session is None:
            await connection.close(Close.NOT_AUTHENTICATED)
            return None
        wanted = data.get("user_ids") or [user.id for user in self._world.members()]
        members = [payloads.member_payload(user) for user in self._world.members() if user.id in wanted]
        chunk = {"guild_id": data["guild_id"], "members": members, "chunk_index": 0, "chunk_count": 1}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"not_found": [], "nonce": data.get("nonce")})
        return session


def _decoded(message: WSMessage) -> Json:
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        packet = json.loads(message.data)
    except ValueError:
        return None
    return packet if isinstance(packet, dict) and "op" in packet else None
