"""A file handed back: as it is, zipped where it is too large for the place, or not at all."""

import io
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

import disnake

from domain.files import LedgerFile

MAX_ZIPPED_BYTES = 512 * 2**20  # of what is worth the time of a try


@dataclass(frozen=True)
class Delivery:
    """What is attached, None when nothing of the file fits; `limit_bytes` is what the place takes."""

    file: LedgerFile
    limit_bytes: int
    attachment: disnake.File | None
    is_zipped: bool = False


def delivery_of(file: LedgerFile, content: BinaryIO, limit_bytes: int) -> Delivery:
    """Return a file as the place takes it."""
    if file.size_bytes <= limit_bytes:
        attachment = disnake.File(io.BytesIO(content.read()), filename=file.filename)
        return Delivery(file, limit_bytes, attachment)
    zipped = _zipped(file, content, limit_bytes)
    if zipped is None:
        return Delivery(file, limit_bytes, None)
    attachment = disnake.File(zipped, filename=f"{file.filename}.zip")
    return Delivery(file, limit_bytes, attachment, is_zipped=True)


def _zipped(file: LedgerFile, content: BinaryIO, limit_bytes: int) -> io.BytesIO | None:
    """Return an archive of the file, None as soon as it is larger than allowed."""
    if file.size_bytes > MAX_ZIPPED_BYTES:
        return None
    archive = io.BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed, packed.open(file.filename, "w") as member:
        while (chunk := content.read(1 << 20)) and archive.tell() <= limit_bytes:
            member.write(chunk)
    if chunk or archive.tell() > limit_bytes:
        return None
    archive.seek(0)
    return archive
