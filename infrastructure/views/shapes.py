"""What the collections of each view look like: validator and indexes."""

from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, IndexModel

FILES = "user_files"
QUOTAS = "user_quotas"
EXECUTIONS = "executions"
TOMBSTONE_TTL_S = 24 * 3600

_TEXT = {"bsonType": "string"}
_COUNT = {"bsonType": ["int", "long"], "minimum": 0}
_TIME = {"bsonType": "date"}
_TIME_OR_NULL = {"bsonType": ["date", "null"]}


@dataclass(frozen=True)
class Shape:
    """The collection of one view: `validator` is a query, as MongoDB wants it."""

    view: str
    validator: dict[str, Any]
    indexes: tuple[IndexModel, ...]


def _exactly(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a document with just these fields, all required."""
    return {
        "bsonType": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


_FILE = _exactly(
    {
        "_id": _TEXT,
        "file_id": _TEXT,
        "user_id": _TEXT,
        "filename": _TEXT,
        "file_path": _TEXT,
        "file_type": _TEXT,
        "file_size": _COUNT,
        "sha256": _TEXT,
        "uploaded_at": _TIME,
        "expires_at": _TIME_OR_NULL,
        "origin": _TEXT,
        "extension": _TEXT,
        "position": _COUNT,
    }
)
_TOMBSTONE = _exactly({"_id": _TEXT, "position": _COUNT, "gone_at": _TIME})
_TOMBSTONES_GO = IndexModel([("gone_at", ASCENDING)], expireAfterSeconds=TOMBSTONE_TTL_S)
_QUOTA = _exactly(
    {
        "_id": _TEXT,
        "user_id": _TEXT,
        "uploads": _COUNT,
        "generated": _COUNT,
        "size_bytes": _COUNT,
        "holdings": {
            "bsonType": "object",
            "additionalProperties": _exactly({"size_bytes": _COUNT, "is_upload": {"bsonType": "bool"}}),
        },
        "position": _COUNT,
    }
)
_EXECUTION = _exactly(
    {
        "_id": _TEXT,
        "execution_id": _TEXT,
        "user_id": _TEXT,
        "started_at": _TIME,
        "runner": _TEXT,
        "model": {"bsonType": ["string", "null"]},
        "position": _COUNT,
    }
)

SHAPES: dict[str, Shape] = {
    shape.view: shape
    for shape in (
        Shape(QUOTAS, {"$jsonSchema": _QUOTA}, (IndexModel([("user_id", ASCENDING)]),)),
        Shape(
            FILES,
            {"$jsonSchema": {"anyOf": [_FILE, _TOMBSTONE]}},
            (
                # The position orders a user's files; times may tie, or go back with the clock.
                IndexModel([("user_id", ASCENDING), ("position", ASCENDING)]),
                IndexModel([("expires_at", ASCENDING)]),
                _TOMBSTONES_GO,
            ),
        ),
        Shape(
            EXECUTIONS,
            {"$jsonSchema": {"anyOf": [_EXECUTION, _TOMBSTONE]}},
            (IndexModel([("started_at", ASCENDING)]), _TOMBSTONES_GO),
        ),
    )
}
"""Every view, by name."""
