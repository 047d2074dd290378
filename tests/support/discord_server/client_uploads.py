"""Files that a person gives to a command or a modal, and what the client says to the impossible."""

from tests.support.discord_server import payloads
from tests.support.discord_server.values import Channel, Json, Upload
from tests.support.discord_server.world import World


class CannotDoError(Exception):
    """The client offers no way to do that."""


def uploaded(world: World, channel: Channel, upload: Upload, resolved: Json) -> str:
    """Store a file for an interaction, describe it in `resolved`, and return its id."""
    attachment = world.files.keep(upload, channel.id, is_ephemeral=True)
    resolved.setdefault("attachments", {})[attachment.id] = payloads.attachment_payload(attachment)
    return attachment.id
