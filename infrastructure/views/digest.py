"""The canonical digest of a view: equal digests, equal documents, byte for byte."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pymongo import ASCENDING
from pymongo.collection import Collection

from infrastructure.views.client import Document


@dataclass(frozen=True)
class Digest:
    """SHA-256 (hex) over `documents` canonical lines."""

    sha256: str
    documents: int


def digest(collection: Collection[Document], query: Mapping[str, Any] | None = None) -> Digest:
    """Digest the documents that match `query` (all, when None); tombstones do not count.

    A line is the document without `_id` as JSON, keys sorted, no spaces, times in
    UTC with milliseconds and `Z`, ended by a line feed; lines go by `_id`.
    """
    hasher, count = hashlib.sha256(), 0
    living = {"gone_at": {"$exists": False}, **(query or {})}
    for document in collection.find(living).sort("_id", ASCENDING):
        hasher.update(canonical_line(document))
        count += 1
    return Digest(hasher.hexdigest(), count)


def canonical_line(document: Document) -> bytes:
    """Return the line that stands for one document."""
    fields = {name: value for name, value in document.items() if name != "_id"}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps(fields, default=_time, option=options)


def _time(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
