"""The audit trail for other programs: JSONL and CSV, each ended by a trailer that counts and hashes.

The trailer has the shape of an event, its type is `Trailer`. Its data tell how many events
stand before it, their first and last sequence, the cursor of what comes after them (null at
the end), and the SHA-256 of all bytes before the trailer's line: a trail that lost a line, or
its end, does not match. `tools/verify_offline.py --trail` checks it.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from io import StringIO
from itertools import islice
from typing import Any, Protocol

import orjson

from application.ports.ledger import Recorded
from interfaces.cli.documents import event_document

COLUMNS = ("sequence", "position", "at", "type", "actor", "cause", "data")
TRAILER = "Trailer"
# Spreadsheets take what begins with one of these for a formula; some fold full-width signs to plain ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
# Where the semicolon or the tab separates cells, a row begins with a bare number and no quote of it protects.
_LINE_ENDS = str.maketrans({"\r": r"\r", "\n": r"\n"})
_BREAKS = r"\t\v\f\x1c-\x1e\x85\u2028\u2029"
_FORMULA = re.compile(
    rf"(?:\A|(?<=[;{_BREAKS}]))"  # a cell's begin, for whatever reader; the lazy look ahead keeps it linear
    rf"(?=[\"\s\0\ufeff]*?[{re.escape(''.join(FORMULA_STARTS))}{_BREAKS}])"
)


class Form(Protocol):
    """How a trail is written."""

    head: bytes

    def line(self, document: dict[str, Any]) -> bytes:
        """Return an event, or the trailer, with its line's end."""


class JsonLines:
    """A JSON document a line."""

    head = b""

    def line(self, document: dict[str, Any]) -> bytes:
        """Return the document as one line."""
        return orjson.dumps(document) + b"\n"


class Csv:
    """RFC 4180, UTF-8, `data` as JSON; texts are quoted.

    No reader finds a formula in it, whether comma, semicolon or tab separates its cells: an
    apostrophe stands where one would begin, and line ends are spelled. JSONL is the exact form.
    """

    head = (",".join(f'"{column}"' for column in COLUMNS) + "\r\n").encode()

    def line(self, document: dict[str, Any]) -> bytes:
        """Return the document as one row."""
        row = document | {"data": orjson.dumps(document["data"]).decode()}
        out = StringIO()
        csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerow([_inert(row[column]) for column in COLUMNS])
        return out.getvalue().encode()


@dataclass
class Tally:
    """What a trail holds so far."""

    user_id: str
    events: int = 0
    first: int | None = None
    last: int | None = None

    def count(self, recorded: Recorded) -> None:
        """Take in one more event."""
        self.events += 1
        self.last = recorded.event.originator_version
        self.first = self.first or self.last

    def trailer(self, *, is_more: bool, sha256: str) -> dict[str, Any]:
        """Return the trailer."""
        facts = asdict(self) | {"next": self.last if is_more else None, "sha256": sha256}
        return dict.fromkeys(COLUMNS) | {"type": TRAILER, "data": facts}


def write_trail(
    user_id: str, events: Iterator[Recorded], limit: int | None, form: Form, write: Callable[[bytes], None]
) -> None:
    """Write at most `limit` events of a user, one by one, and the trailer."""
    digest, tally = hashlib.sha256(form.head), Tally(user_id)
    write(form.head)
    for recorded in islice(events, limit):
        line = form.line(event_document(recorded))
        digest.update(line)
        write(line)
        tally.count(recorded)
    is_more = tally.events > 0 and next(events, None) is not None
    write(form.line(tally.trailer(is_more=is_more, sha256=digest.hexdigest())))


def _inert(value: object) -> object:
    """Return a cell in which no spreadsheet finds a formula."""
    return _FORMULA.sub("'", value.translate(_LINE_ENDS)) if isinstance(value, str) else value
