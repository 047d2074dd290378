"""Requests to the REST API, read and kept as they arrived."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from tests.support.discord_server import errors
from tests.support.discord_server.values import Json, Upload

UNKNOWN_ROUTE = "unknown"


@dataclass
class Call:
    """One request; `status` is that of the reply, None as long as there is none, `reply` its JSON.

    `route` is the method and the path's template, as in
    `POST /channels/{channel_id}/messages`; `at_s` is on the monotonic clock.
    """

    route: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json = None
    files: Sequence[Upload] = ()
    at_s: float = field(default_factory=time.monotonic)
    status: int | None = None
    reply: Json = None


def begin_call(request: web.Request, prefix: str) -> Call:
    """Return a request without its body."""
    resource = request.match_info.route.resource
    template = resource.canonical.removeprefix(prefix) if resource else UNKNOWN_ROUTE
    return Call(
        route=f"{request.method} {template}",
        path=request.path.removeprefix(prefix),
        parameters=dict(request.match_info),
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
    )


async def read_body(call: Call, request: web.Request) -> None:
    """Add the body: JSON, or a form with files beside `payload_json`.

    Raises:
        ApiError: it is no JSON.
    """
    if request.content_type == "multipart/form-data":
        await _read_form(call, request)
    else:
        call.body = _parsed(await request.text())


async def _read_form(call: Call, request: web.Request) -> None:
    fields: dict[str, str] = {}
    files: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue  # a form inside the form
        name = part.name or ""
        if name.startswith("files["):
            files.append(Upload(part.filename or name, bytes(await part.read())))
        else:
            fields[name] = await part.text()
    call.body = _parsed(fields.get("payload_json", ""))
    call.files = _described(files, call.body)


def _described(files: Sequence[Upload], body: Json) -> Sequence[Upload]:
    data = (body or {}).get("data") or body or {}
    notes = {str(item["id"]): item.get("description") for item in data.get("attachments") or []}
    return [
        Upload(file.filename, file.data, file.content_type, notes.get(str(index)))
        for index, file in enumerate(files)
    ]


def _parsed(text: str) -> Json:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise errors.invalid_json() from error
