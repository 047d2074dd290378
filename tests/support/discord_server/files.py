"""The files on the content network: kept by id, served by signed addresses that lapse."""

import mimetypes
import re
import secrets
from dataclasses import dataclass

from aiohttp import web
from yarl import URL

from tests.support.discord_server.clock import Clock
from tests.support.discord_server.snowflakes import Snowflakes
from tests.support.discord_server.values import Attachment, Upload

LIFE_S = 24 * 3600
FOLDERS = ("attachments", "ephemeral-attachments")
PATHS = tuple(f"/{folder}/{{channel_id}}/{{attachment_id}}/{{filename}}" for folder in FOLDERS)


@dataclass
class _Stored:
    data: bytes
    content_type: str
    signature: str


class FileStore:
    """Uploaded files. `address` is where they are served from, once that is known."""

    def __init__(self, clock: Clock, ids: Snowflakes) -> None:
        self.address = URL()
        self._clock = clock
        self._ids = ids
        self._stored: dict[str, _Stored] = {}

    def keep(self, upload: Upload, channel_id: str, *, is_ephemeral: bool = False) -> Attachment:
        """Store a file, under a name as Discord changes it."""
        attachment_id, signature = self._ids.new(), secrets.token_hex(16)
        filename = filename_of(upload)
        kind = upload.content_type or mimetypes.guess_type(filename)[0]
        self._stored[attachment_id] = _Stored(upload.data, kind or "application/octet-stream", signature)
        folder = FOLDERS[is_ephemeral]
        expires = f"{int(self._clock.now_s) + LIFE_S:x}"
        url = (self.address / folder / channel_id / attachment_id / filename).with_query(
            ex=expires, hm=signature
        )
        size_bytes = len(upload.data)
        return Attachment(
            attachment_id, filename, size_bytes, str(url), kind, upload.description, is_ephemeral
        )

    def read(self, attachment_id: str) -> bytes:
        """Return the bytes of a file."""
        return self._stored[attachment_id].data

    def remove(self, attachment_id: str) -> None:
        """Forget a file: its message is gone."""
        self._stored.pop(attachment_id, None)

    def serve(self, request: web.Request) -> web.Response:
        """Answer a download; like Discord, with 404 for everything that is not to be had."""
        stored = self._stored.get(request.match_info["attachment_id"])
        expires = int(request.query.get("ex", "0"), 16)
        if stored is None or request.query.get("hm") != stored.signature or expires < self._clock.now_s:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=stored.data, headers={"Content-Type": stored.content_type})


def filename_of(upload: Upload) -> str:
    """Return the name that a file gets: blanks and signs that do not go into an address become `_`."""
    return re.sub(r"[^\w.()-]+", "_", upload.filename) or "unknown"
