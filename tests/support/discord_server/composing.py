"""Messages as a bot writes and edits them, checked against Discord's limits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.support.discord_server import errors
from tests.support.discord_server.checks.messages import check_message, check_uploads
from tests.support.discord_server.files import filename_of
from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.interactions import upload_limit
from tests.support.discord_server.media import SCHEME, check_references, linked, numbered
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import (
    Attachment,
    Channel,
    Json,
    Message,
    MessageFlag,
    Upload,
)
from tests.support.discord_server.world import World

EDITABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2


@dataclass(frozen=True)
class Draft:
    """What a request says about a message: fields and files; `prefix` is where the fields are in it."""

    body: Json
    files: Sequence[Upload] = ()
    prefix: Path = ()

    @property
    def flags(self) -> MessageFlag:
        """The flags asked for."""
        return MessageFlag(self.body.get("flags") or 0)


def compose(
    world: World,
    channel: Channel,
    draft: Draft,
    *,
    audience: str | None = None,
    interaction_id: str | None = None,
) -> Message:
    """Add the bot's message to a channel; with an audience, for one person alone.

    Raises:
        ApiError: it breaks a limit, or says nothing.
    """
    check_uploads(draft.files, 0, upload_limit(world, channel))
    check_message(draft.body, draft.prefix)
    content = (draft.body.get("content") or "").strip()
    message = Message(
        id=world.ids.new(),
        channel_id=channel.id,
        author=world.bot,
        created_at=world.clock.now,
        content=content,
        embeds=_rich(channel, draft.body.get("embeds") or []),
        components=numbered(draft.body.get("components") or []),
        flags=draft.flags,
        mentions=world.mentioned(content),
        replies_to=_reference(world, draft.body),
        nonce=draft.body.get("nonce"),
        interaction_id=interaction_id,
        audience=audience,
    )
    _refuse_nothing(message, draft)
    return world.add_message(_with_files(world, message, draft, ()))


def edit(world: World, message: Message, draft: Draft) -> Message:
    """Change what a request names of a message; the rest stays.

    Raises:
        ApiError: the result breaks a limit, or says nothing.
    """
    channel, body = world.channels[message.channel_id], draft.body
    kept = _retained(message, body)
    check_uploads(draft.files, len(kept), upload_limit(world, channel))
    flags = message.flags & ~MessageFlag.LOADING
    if "flags" in body:
        flags = flags & ~EDITABLE | draft.flags & EDITABLE | flags & MessageFlag.COMPONENTS_V2
    merged = {name: body.get(name, getattr(message, name)) for name in ("content", "embeds", "components")}
    check_message({**merged, "attachments": body.get("attachments"), "flags": int(flags)}, draft.prefix)
    content = (merged["content"] or "").strip()
    changed = replace(
        message,
        content=content,
        embeds=_rich(channel, merged["embeds"] or []),
        components=numbered(merged["components"] or []),
        attachments=kept,
        flags=flags,
        mentions=world.mentioned(content),
        edited_at=world.clock.now,
    )
    _refuse_nothing(changed, draft)
    return world.change_message(_with_files(world, changed, draft, kept))


def _retained(message: Message, body: Json) -> list[Attachment]:
    if body.get("attachments") is None:
        return list(message.attachments)
    ids = {str(item["id"]) for item in body["attachments"]}
    return [attachment for attachment in message.attachments if attachment.id in ids]


def _with_files(world: World, message: Message, draft: Draft, kept: Sequence[Attachment]) -> Message:
    """Store the new files, last of all, and link what refers to them."""
    form = Form(draft.prefix)
    names = {attachment.filename for attachment in kept} | {filename_of(file) for file in draft.files}
    check_references(form, ("components",), message.components, frozenset(SCHEME + name for name in names))
    form.close()
    is_ephemeral = message.is_ephemeral
    new = [world.files.keep(file, message.channel_id, is_ephemeral=is_ephemeral) for file in draft.files]
    attachments = [*kept, *new]
    return replace(
        message,
        attachments=attachments,
        embeds=linked(message.embeds, attachments),
        components=linked(message.components, attachments),
    )


def _reference(world: World, body: Json) -> str | None:
    """Return the id of what a message replies to, if that is still there; clients may send a number."""
    message_id = str((body.get("message_reference") or {}).get("message_id"))
    return message_id if message_id in world.messages else None


def _rich(channel: Channel, embeds: Sequence[Json]) -> list[Json]:
    if Permission.EMBED_LINKS in channel.denied:
        return []  # without a word, as Discord does
    return [{**embed, "type": "rich"} for embed in embeds]


def _refuse_nothing(message: Message, draft: Draft) -> None:
    files = [*message.attachments, *draft.files]
    if not (message.content or files or message.embeds or message.components):
        raise errors.empty_message()
