"""One websocket to a bot, compressed as it asked for."""

import asyncio
import json
import zlib

from aiohttp import web

from tests.support.discord_server.values import Json


class Connection:
    """Sends packets in order; nothing waits for a slow reader."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self._transport = request.transport
        self._compressor = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._waiting: asyncio.Queue[Json] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    @property
    def is_compressed(self) -> bool:
        """Whether packets go through one zlib stream."""
        return self._compressor is not None

    def send(self, packet: Json) -> None:
        """Send a packet after those before it."""
        self._waiting.put_nowait(packet)

    async def close(self, code: int) -> None:
        """Send what waits, then close with a code."""
        await self._waiting.join()
        await self.socket.close(code=code)

    def cut(self) -> None:
        """Reset the connection, as a network does."""
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """Stop writing: the socket is gone."""
        self._writer.cancel()

    async def _write(self) -> None:
        while True:
            packet = await self._waiting.get()
            try:
                await self._send_now(json.dumps(packet).encode())
            except ConnectionError:
                pass  # what is lost here is replayed when the session is resumed
            finally:
                self._waiting.task_done()

    async def _send_now(self, packet: bytes) -> None:
        if self._compressor is None:
            await self.socket.send_str(packet.decode())
            return
        # A sync flush ends each packet in 00 00 FF FF, which is how a reader tells that it is whole.
        data = self._compressor.compress(packet) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        await self.socket.send_bytes(data)
