"""The files of a journal: whole batches go to the last one's end, full ones are sealed.

A process that dies in the midst of a write leaves a torn last line and nothing
worse; who writes next cuts that line off. Whatever else is wrong is damage, and
no writer touches it.
"""

import hashlib
import os
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from domain.errors import IntegrityFaultError
from infrastructure.files import durable_write, make_private_folder
from infrastructure.journal.lines import NOTHING, Entry, Header, Place, parse

SEGMENT_BYTES = 16 * 2**20
READ_BYTES = 2**16
_NAME = re.compile(r"(\d{8})\.jsonl")

log = structlog.get_logger()


@dataclass(frozen=True)
class Extent:
    """A segment's file, and how much of it there was when it was looked at."""

    segment: int
    path: Path
    size_bytes: int


class Segments:
    """The segments in one folder; callers see to it that one process writes at a time."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes

    def extents(self) -> list[Extent]:
        """Return the segments there are, in order."""
        if not self.folder.is_dir():
            return []
        named = ((_NAME.fullmatch(path.name), path) for path in self.folder.iterdir())
        found = [Extent(int(match[1]), path, path.stat().st_size) for match, path in named if match]
        return sorted(found, key=lambda extent: extent.segment)

    def tail(self) -> Place:
        """Return where the journal stands, its torn last line cut off.

        Raises:
            IntegrityFaultError: the last whole line is not one of the journal's.
        """
        extents = self.extents()
        if not extents:
            return Place()
        start, line = _last_line(_mended(extents[-1]))
        try:
            return parse(line, Entry).place if start else parse(line, Header).after
        except ValueError as error:
            msg = (
                f"The journal's last line in {extents[-1].path} is damaged: {error}. "
                "Nothing is added to it; run `fileledger verify`."
            )
            raise IntegrityFaultError(msg) from error

    def append(self, place: Place, entries: Sequence[Entry]) -> None:
        """Add lines after `place`, the tail; they are durable on return.

        Where a segment ends depends on the lines alone, so the same events make the same files.
        """
        waiting = deque(entries)
        while waiting:
            current = self._current(place)
            room_bytes, lines = self._segment_bytes - current.size_bytes, list[bytes]()
            while waiting and room_bytes > 0:
                place = waiting[0].place
                lines.append(waiting.popleft().to_bytes())
                room_bytes -= len(lines[-1])
            _write(current.path, b"".join(lines))

    def _current(self, place: Place) -> Extent:
        """Return the segment that takes the next line; a full one is sealed and another begun."""
        extents = self.extents()
        if not extents:
            self._begin(1, NOTHING, place)
        elif extents[-1].size_bytes >= self._segment_bytes:
            full = extents[-1]
            with full.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            full.path.chmod(0o400)
            self._begin(full.segment + 1, digest, place)
        else:
            return extents[-1]
        return self.extents()[-1]

    def _begin(self, segment: int, previous: str, place: Place) -> None:
        make_private_folder(self.folder)
        header = Header(segment=segment, previous=previous, after=place)
        durable_write(self.folder / f"{segment:08d}.jsonl", header.to_bytes(), replace=False)


def _write(path: Path, content: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())


def _mended(extent: Extent) -> Extent:
    """Cut off what stands after the last whole line."""
    whole = _end_of_line(extent.path, extent.size_bytes)
    if whole in {0, extent.size_bytes}:
        return extent
    with extent.path.open("r+b") as file:
        file.truncate(whole)
        os.fsync(file.fileno())
    log.warning("the journal's torn last line was cut off", torn_bytes=extent.size_bytes - whole)
    return Extent(extent.segment, extent.path, whole)


def _last_line(extent: Extent) -> tuple[int, bytes]:
    """Return where the last line begins, and the line."""
    start = _end_of_line(extent.path, max(0, extent.size_bytes - 1))
    with extent.path.open("rb") as file:
        file.seek(start)
        return start, file.read(extent.size_bytes - start)


def _end_of_line(path: Path, before: int) -> int:
    """Return the offset after the last line end among the first `before` bytes, 0 when there is none."""
    with path.open("rb") as file:
        while before > 0:
            start = max(0, before - READ_BYTES)
            file.seek(start)
            found = file.read(before - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            before = start
    return 0
