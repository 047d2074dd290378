"""Files of a user on their way to Discord: within its limits, zipped where that helps, else named."""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import disnake

from domain.errors import FileLedgerError
from domain.files import LedgerFile

MAX_FILES = 10
REQUEST_BYTES = (
    24 * 2**20
)  # Discord takes 25 MiB a request, or one file of the place's limit where that is more
ZIPPABLE_TIMES = 40
"""A file so many times over the limit is not tried: few compress better, and the attempt costs time."""

OpenFile = Callable[[str], tuple[LedgerFile, BinaryIO]]


@dataclass
class Packed:
    """Files in batches, one a message, which of them are zipped, and those that fit nowhere."""

    batches: list[list[disnake.File]] = field(default_factory=list)
    zipped: list[LedgerFile] = field(default_factory=list)
    left: list[LedgerFile] = field(default_factory=list)
    _room_bytes: int = 0

    def add(self, name: str, content: bytes, limit_bytes: int) -> None:
        """Put a file into the last batch, or begin another."""
        if not self.batches or len(self.batches[-1]) == MAX_FILES or len(content) > self._room_bytes:
            self.batches.append([])
            self._room_bytes = max(REQUEST_BYTES, limit_bytes)
        self.batches[-1].append(disnake.File(io.BytesIO(content), filename=name))
        self._room_bytes -= len(content)


def packed(
    files: Sequence[LedgerFile],
    open_file: OpenFile,
    limit_bytes: int,
    texts: Sequence[tuple[str, str]] = (),
) -> Packed:
    """Return files for sending, after `texts` (name and content).

    `limit_bytes` is what the place takes a file. A file that has left the user's list meanwhile is left out.
    """
    result = Packed()
    for name, text in texts:
        result.add(name, text.encode(), limit_bytes)
    for file in files:
        try:
            content = _content(file, open_file, limit_bytes)
        except FileLedgerError:
            continue
        if content is None:
            result.left.append(file)
            continue
        result.add(*content, limit_bytes)
        if file.size_bytes > limit_bytes:
            result.zipped.append(file)
    return result


def _content(file: LedgerFile, open_file: OpenFile, limit_bytes: int) -> tuple[str, bytes] | None:
    """Return name and bytes of a file as it can be sent; None when it is too large even when zipped."""
    _, content = open_file(file.file_id)
    with content:
        if file.size_bytes <= limit_bytes:
            return file.filename, content.read()
        if file.size_bytes > limit_bytes * ZIPPABLE_TIMES:
            return None
        return _zipped(file, content, limit_bytes)


def _zipped(file: LedgerFile, content: BinaryIO, limit_bytes: int) -> tuple[str, bytes] | None:
    """Return a zip of a file; None as soon as it is too large."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(file.filename, "w") as entry,
    ):
        while chunk := content.read(1 << 20):
            entry.write(chunk)
            if target.tell() > limit_bytes:
                return None
    zipped = target.getvalue()
    return (f"{file.filename}.zip", zipped) if len(zipped) <= limit_bytes else None
