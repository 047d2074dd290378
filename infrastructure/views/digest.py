"""The canonical digest of a view: equal digests, equal documents, byte for byte."""

import hashlib
from datetime import datetime

import orjson

from infrastructure.views.client import Document


class RunningDigest:
    """SHA-256 over the canonical lines of documents, which are added in the order of `_id`.

    A line is the document without `_id` as JSON, keys sorted, no spaces, times in
    UTC with milliseconds and `Z`, ended by a line feed.
    """

    def __init__(self) -> None:
        self.documents = 0
        self._hasher = hashlib.sha256()

    def add(self, document: Document) -> None:
        """Take in the next document."""
        self._hasher.update(canonical_line(document))
        self.documents += 1

    @property
    def sha256(self) -> str:
        """The digest so far, in hex."""
        return self._hasher.hexdigest()


def canonical_line(document: Document) -> bytes:
    """Return the line that stands for one document."""
    fields = {name: value for name, value in document.items() if name != "_id"}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps(fields, default=_time, option=options)


def _time(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
