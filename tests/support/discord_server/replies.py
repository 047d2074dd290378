"""Replies of the REST API."""

import json
from collections.abc import Mapping

from aiohttp import web

from tests.support.discord_server.values import Json

VIA = {"Via": "1.1 google"}  # what passed Discord's proxy has it; clients take a 429 without it for a ban


def json_reply(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return JSON; the content type has no charset, which clients compare exactly."""
    typed = {"Content-Type": "application/json", **VIA, **(headers or {})}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=typed)


def no_content() -> web.Response:
    """Return that it is done."""
    return web.Response(status=204, headers=VIA)
