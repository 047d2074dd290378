"""Reading a journal that is trusted in nothing: every line is checked against all before it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infrastructure.journal.lines import NOTHING, Entry, Header, Place, parse
from infrastructure.journal.segments import Extent
from infrastructure.ledger.chain import GENESIS


@dataclass(frozen=True)
class Fault:
    """Something wrong with a journal; `entry` is the event on that line if it can be read.

    `line` counts from 1, 0 is the segment itself. `is_torn`: a write that was cut off
    at the journal's end, which loses nothing that was vouched for.
    """

    segment: int
    line: int
    detail: str
    entry: Entry | None = None
    is_torn: bool = False

    def __str__(self) -> str:
        """Return where it is and what."""
        where = f"segment {self.segment}" + (f", line {self.line}" if self.line else "")
        return f"{where}: {self.detail}"


class Reading:
    """One pass over a journal, from its beginning."""

    def __init__(self, extents: Sequence[Extent]) -> None:
        self._extents = extents
        self._place = Place()
        self._previous = NOTHING
        self._chains: dict[str, tuple[int, bytes]] = {}

    def __iter__(self) -> Iterator[Entry | Fault]:
        """Yield every event, or what is wrong where one should stand."""
        expected = 1
        for extent in self._extents:
            if extent.segment != expected:
                yield Fault(expected, 0, "the segment is missing")
            yield from self._segment(extent, is_last=extent is self._extents[-1])
            expected = extent.segment + 1

    def _segment(self, extent: Extent, *, is_last: bool) -> Iterator[Entry | Fault]:
        digest = hashlib.sha256()
        for number, line in enumerate(_lines(extent), 1):
            digest.update(line)
            try:
                parsed = parse(line, Header) if number == 1 else parse(line, Entry)
            except ValueError as error:
                is_torn = is_last and number > 1 and not line.endswith(b"\n")
                yield Fault(extent.segment, number, str(error), is_torn=is_torn)
                self._go_past_unreadable(number)
                continue
            detail = self._check(extent.segment, parsed)
            entry = parsed if isinstance(parsed, Entry) else None
            if detail:
                yield Fault(extent.segment, number, detail, entry)
            elif entry:
                yield entry
        if extent.size_bytes == 0:
            yield Fault(extent.segment, 1, "the segment is empty")
        self._previous = digest.hexdigest()

    def _go_past_unreadable(self, line_number: int) -> None:
        """Count the event that cannot be read, so that the line is named alone and not all after it."""
        if line_number > 1:
            self._place = self._place.model_copy(update={"number": self._place.number + 1})

    def _check(self, segment: int, line: Header | Entry) -> str:
        """Return what is wrong with a line, nothing if it follows; go on from what it says."""
        return self._check_header(segment, line) if isinstance(line, Header) else self._check_entry(line)

    def _check_header(self, segment: int, header: Header) -> str:
        before, self._place = self._place, header.after
        if header.segment != segment:
            return f"the file holds segment {header.segment}"
        if header.previous != self._previous:
            return "the segment before is not the one that this one was begun after"
        return "" if header.after == before else "the segment does not go on where the one before ended"

    def _check_entry(self, entry: Entry) -> str:
        before, self._place = self._place, entry.place
        version, previous = self._chains.get(entry.ledger, (0, GENESIS))
        self._chains[entry.ledger] = (entry.version, bytes.fromhex(entry.digest))
        if entry.number != before.number + 1:
            return f"event number {before.number + 1} should stand here, not {entry.number}"
        if entry.position <= before.position:
            return f"position {entry.position} stands after {before.position}"
        if entry.version != version + 1:
            return f"event {version + 1} of ledger {entry.ledger} should stand here, not {entry.version}"
        if entry.digest != entry.digest_after(previous):
            return f"event {entry.version} of ledger {entry.ledger} does not match its digest"
        return ""


def _lines(extent: Extent) -> Iterator[bytes]:
    rest = extent.size_bytes
    with extent.path.open("rb") as file:
        while rest > 0 and (line := file.readline(rest)):
            rest -= len(line)
            yield line
