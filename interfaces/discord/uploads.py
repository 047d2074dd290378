"""The attachments of a message, handed to the use case one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import disnake
import httpx2

from application.upload import Receipt, UploadFile
from domain.errors import FileLedgerError
from interfaces.discord.downloads import chunks_of


@dataclass(frozen=True)
class Refusal:
    """A file that was not kept, and why."""

    filename: str
    reason: str


Outcome = Receipt | Refusal


def save_all(
    upload: UploadFile, client: httpx2.Client, user_id: str, attachments: Sequence[disnake.Attachment]
) -> list[Outcome]:
    """Keep each attachment; the same one delivered twice is the same file.

    One that cannot be kept does not hold up the others.
    """
    return [_save(upload, client, user_id, attachment) for attachment in attachments]


def _save(upload: UploadFile, client: httpx2.Client, user_id: str, attachment: disnake.Attachment) -> Outcome:
    chunks = chunks_of(client, attachment.url, attachment.filename)
    try:
        return upload(user_id, attachment.filename, chunks, source=f"discord-attachment:{attachment.id}")
    except FileLedgerError as error:
        return Refusal(attachment.filename, str(error))
