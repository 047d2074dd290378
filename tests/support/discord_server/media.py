"""References to a message's own files, and the numbers of its components, filled in as Discord does."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.values import Attachment, Json, walk

SCHEME = "attachment://"


def linked(parts: Sequence[Json], attachments: Sequence[Attachment]) -> list[Json]:
    """Return embeds or components with the addresses of the attachments that they refer to."""
    urls = {SCHEME + attachment.filename: attachment.url for attachment in attachments}
    return [_linked(part, urls) for part in parts]


def _linked(part: Json, urls: Mapping[str, str]) -> Json:
    if isinstance(part, dict):
        return {name: _linked(value, urls) for name, value in part.items()}
    if isinstance(part, list):
        return [_linked(value, urls) for value in part]
    return urls.get(part, part) if isinstance(part, str) else part


def numbered(components: Sequence[Json]) -> list[Json]:
    """Return components with an id each, where none was given."""
    taken = {part["id"] for part in walk(components) if part.get("id")}
    free = (number for number in count(1) if number not in taken)
    return [_numbered(part, free) for part in components]


def _numbered(part: Json, free: Iterator[int]) -> Json:
    own = {"id": part.get("id") or next(free)}
    lists = {
        name: [_numbered(child, free) for child in part[name]] for name in ("components",) if name in part
    }
    singles = {name: _numbered(part[name], free) for name in ("accessory", "component") if part.get(name)}
    return {**part, **own, **lists, **singles}


def check_references(form: Form, path: Path, part: Json, filenames: frozenset[str]) -> None:
    """Check that components refer only to files that come with the message."""
    if isinstance(part, dict):
        for name, value in part.items():
            check_references(form, (*path, name), value, filenames)
    elif isinstance(part, list):
        for index, value in enumerate(part):
            check_references(form, (*path, index), value, filenames)
    elif isinstance(part, str) and part.startswith(SCHEME) and part not in filenames:
        message = "The referenced attachment was not found"
        form.error(path, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message)
