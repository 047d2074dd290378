"""The attachments of a message, handed to the use case one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import disnake
import httpx2

from application.rate_limits import RateLimits
from application.upload import Receipt, UploadFile
from domain.errors import FileLedgerError
from domain.rate_limits import Activity
from interfaces.discord.downloads import chunks_of


@dataclass(frozen=True)
class Refusal:
    """A file that was not kept, and why."""

    filename: str
    error: FileLedgerError


Outcome = Receipt | Refusal


def save_all(
    upload: UploadFile,
    rate_limits: RateLimits,
    client: httpx2.Client,
    user_id: str,
    attachments: Sequence[disnake.Attachment],
) -> list[Outcome]:
    """Keep each attachment; the same one delivered twice is the same file.

    One that cannot be kept does not hold up the others.
    """
    keep = partial(_keep, upload, rate_limits, client, user_id)
    return [_outcome(keep, attachment) for attachment in attachments]


def _outcome(keep: Callable[[disnake.Attachment], Receipt], attachment: disnake.Attachment) -> Outcome:
    try:
        return keep(attachment)
    except FileLedgerError as error:
        return Refusal(attachment.filename, error)


def _keep(
    upload: UploadFile,
    rate_limits: RateLimits,
    client: httpx2.Client,
    user_id: str,
    attachment: disnake.Attachment,
) -> Receipt:
    rate_limits.take(user_id, Activity.UPLOAD)
    chunks = chunks_of(client, attachment.url, attachment.filename)
    return upload(user_id, attachment.filename, chunks, source=f"discord-attachment:{attachment.id}")
