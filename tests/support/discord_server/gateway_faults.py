"""What can happen to a bot at the gateway."""

from collections.abc import Mapping

from tests.support.discord_server.connections import Connection
from tests.support.discord_server.gateway_protocol import Close, Opcode, packet_of
from tests.support.discord_server.loop import Loop
from tests.support.discord_server.sessions import Session
from tests.support.discord_server.values import Json


class GatewayFaults:
    """Disturbs the connections of all bots."""

    def __init__(self, loop: Loop, sessions: Mapping[str, Session]) -> None:
        self._loop = loop
        self._sessions = sessions

    def close(self, code: int = Close.UNKNOWN_ERROR) -> None:
        """Close every connection with a code; after 4000 bots resume."""

        async def closing() -> None:
            for connection in self._connections():
                await connection.close(code)

        self._loop.wait(closing())

    def cut(self) -> None:
        """Reset every connection."""

        def cutting() -> None:
            for connection in self._connections():
                connection.cut()

        self._loop.do(cutting)

    def ask_to_reconnect(self) -> None:
        """Tell every bot to connect again and resume."""
        self._send(Opcode.RECONNECT)

    def ask_for_heartbeats(self) -> None:
        """Tell every bot to send a heartbeat at once."""
        self._send(Opcode.HEARTBEAT)

    def invalidate(self, *, can_resume: bool = False) -> None:
        """Tell every bot that its session is over or, when it can resume, interrupted."""

        def invalidating() -> None:
            for session in self._sessions.values():
                session.is_valid &= can_resume

        self._loop.do(invalidating)
        self._send(Opcode.INVALID_SESSION, can_resume)

    def _connections(self) -> list[Connection]:
        return [session.connection for session in self._sessions.values() if session.connection]

    def _send(self, opcode: Opcode, data: Json = None) -> None:
        def sending() -> None:
            for connection in self._connections():
                connection.send(packet_of(opcode, data))

        self._loop.do(sending)
