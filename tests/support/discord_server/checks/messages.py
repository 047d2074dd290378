"""Limits of messages (resources/message, Create Message; reference, Uploading Files)."""

from collections.abc import Sequence

from tests.support.discord_server import errors
from tests.support.discord_server.checks.components import check_components
from tests.support.discord_server.checks.embeds import check_embeds
from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.values import Json, MessageFlag, Upload

CONTENT = 2_000
ATTACHMENTS = 10
NONCE = 25
ATTACHMENT_DESCRIPTION = 1_024
MIB = 1024 * 1024
REQUEST_BYTES = 25 * MIB
UPLOAD_BYTES = {0: 10 * MIB, 1: 10 * MIB, 2: 50 * MIB, 3: 100 * MIB}  # a premium tier


def check_uploads(files: Sequence[Upload], kept: int, limit_bytes: int) -> None:
    """Check the files of a message beside those that it keeps.

    Raises:
        ApiError: one is over the limit, all are over that of a request, or they are too many.
    """
    sizes = [len(file.data) for file in files]
    if max(sizes, default=0) > limit_bytes or sum(sizes) > max(REQUEST_BYTES, limit_bytes):
        raise errors.too_large()
    if len(files) + kept > ATTACHMENTS:
        raise errors.too_many_attachments()


def check_message(body: Json, prefix: Path = ()) -> None:
    """Check the fields of a message, not whether it has any.

    Raises:
        ApiError: a field breaks a limit.
    """
    form = Form(prefix)
    is_v2 = bool((body.get("flags") or 0) & MessageFlag.COMPONENTS_V2)
    form.at_most(("content",), body.get("content"), CONTENT)
    form.at_most(("nonce",), str(body.get("nonce") or ""), NONCE)
    check_embeds(form, body.get("embeds") or [])
    check_components(form, body.get("components") or [], is_v2=is_v2)
    if is_v2:
        _check_v2_alone(form, body)
    for index, attachment in enumerate(body.get("attachments") or []):
        place = ("attachments", index, "description")
        form.at_most(place, attachment.get("description"), ATTACHMENT_DESCRIPTION)
    form.close()


def _check_v2_alone(form: Form, body: Json) -> None:
    for name in ("content", "embeds", "sticker_ids", "poll"):
        if body.get(name):
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.error((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
