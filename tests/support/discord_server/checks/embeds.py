"""Limits of embeds (resources/message, Embed Limits)."""

from collections.abc import Iterator, Sequence

from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.values import Json

EMBEDS = 10
TOTAL = 6_000
FIELDS = 25
TITLE = FIELD_NAME = AUTHOR = 256
FIELD_VALUE = 1_024
DESCRIPTION = 4_096
FOOTER = 2_048


def check_embeds(form: Form, embeds: Sequence[Json]) -> None:
    """Check each embed, and the characters of all together."""
    form.at_most(("embeds",), embeds, EMBEDS)
    for index, embed in enumerate(embeds):
        _check_embed(form, ("embeds", index), embed)
    if sum(map(len, _texts(embeds))) > TOTAL:
        message = f"Embed size exceeds maximum size of {TOTAL}"
        form.error(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)


def _check_embed(form: Form, path: Path, embed: Json) -> None:
    fields = embed.get("fields") or []
    form.at_most((*path, "title"), embed.get("title"), TITLE)
    form.at_most((*path, "description"), embed.get("description"), DESCRIPTION)
    form.at_most((*path, "footer", "text"), (embed.get("footer") or {}).get("text"), FOOTER)
    form.at_most((*path, "author", "name"), (embed.get("author") or {}).get("name"), AUTHOR)
    form.at_most((*path, "fields"), fields, FIELDS)
    for index, field in enumerate(fields):
        for name, most in (("name", FIELD_NAME), ("value", FIELD_VALUE)):
            place = (*path, "fields", index, name)
            text = (field.get(name) or "").strip()
            form.at_most(place, text, most) if text else form.required(place)


def _texts(embeds: Sequence[Json]) -> Iterator[str]:
    for embed in embeds:
        parts = [embed.get("title"), embed.get("description")]
        parts += [(embed.get(name) or {}).get(key) for name, key in (("footer", "text"), ("author", "name"))]
        for field in embed.get("fields") or []:
            parts += [field.get("name"), field.get("value")]
        yield from (part.strip() for part in parts if part)
