"""Writes changes so that any number of followers, at any speed, killed anywhere, end in the same documents.

Every document carries the position of the newest event in it, and a write goes
through only where that position is lower than the writer's. A document at a
position is a pure function of the events before it, so whoever writes it writes
the same, and a late writer changes nothing. What is gone stays as a tombstone, so
that a late writer cannot bring it back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from infrastructure.views.client import Document
from infrastructure.views.folding import Change

_DUPLICATE_KEY = 11000
# The embedded server looks long lists of keys up in quadratic time.
_KEYS_A_QUERY = 50
_OPERATIONS_A_BULK = 2_000  # more at a time are no faster, and all of them are in memory twice

Operation = InsertOne[Document] | ReplaceOne[Document] | DeleteOne


def load(collection: Collection[Document], keys: Sequence[str]) -> Iterator[Document]:
    """Yield the documents of `keys` that exist."""
    for start in range(0, len(keys), _KEYS_A_QUERY):
        yield from collection.find({"_id": {"$in": list(keys[start : start + _KEYS_A_QUERY])}})


def write_guarded(collection: Collection[Document], changes: Mapping[str, Change]) -> None:
    """Write `changes` into a collection that others write, too."""
    if not changes:
        return
    documents = _with_tombstones(collection, changes)
    first = [_first_try(key, documents[key], is_new=change.is_new) for key, change in changes.items()]
    try:
        collection.bulk_write(first, ordered=False)
    except BulkWriteError as error:
        # The document came into being meanwhile: with a lower position ours goes on top of it.
        second = [_guarded(key, documents[key], upsert=False) for key in _keys_taken(error)]
        collection.bulk_write(second, ordered=False)


def write_alone(collection: Collection[Document], changes: Mapping[str, Change]) -> None:
    """Write `changes` into a collection that nobody else writes, and only what lives."""
    operations = _unguarded(changes)
    while some := list(islice(operations, _OPERATIONS_A_BULK)):
        collection.bulk_write(some, ordered=False)


def _with_tombstones(collection: Collection[Document], changes: Mapping[str, Change]) -> dict[str, Document]:
    """Return the documents to write: what is gone becomes a tombstone.

    A tombstone bears the server's time: it is there for late writers, so its day
    begins when it is written, however old the event.
    """
    gone = any(change.document is None for change in changes.values())
    now = collection.database.command("hello")["localTime"] if gone else None
    return {
        key: {"position": change.position, "gone_at": now} if change.document is None else change.document
        for key, change in changes.items()
    }


def _first_try(key: str, document: Document, *, is_new: bool) -> Operation:
    if is_new:
        return InsertOne({"_id": key, **document})
    return _guarded(key, document, upsert=True)


def _guarded(key: str, document: Document, *, upsert: bool) -> Operation:
    query = {"_id": key, "position": {"$lt": document["position"]}}
    return ReplaceOne(query, document, upsert=upsert)


def _unguarded(changes: Mapping[str, Change]) -> Iterator[Operation]:
    for key, change in changes.items():
        if change.document is None:
            if not change.is_new:
                yield DeleteOne({"_id": key})
        elif change.is_new:
            yield InsertOne({"_id": key, **change.document})
        else:
            yield ReplaceOne({"_id": key}, change.document)


def _keys_taken(error: BulkWriteError) -> Iterable[str]:
    """Return the keys that were refused as taken.

    Raises:
        BulkWriteError: something else was refused, too.
    """
    failures = error.details.get("writeErrors", [])
    others = [failure for failure in failures if failure["code"] != _DUPLICATE_KEY]
    if others or error.details.get("writeConcernErrors"):
        raise error
    return [_key_of(failure["op"]) for failure in failures]


def _key_of(operation: Mapping[str, Any]) -> str:
    return str(operation["_id"] if "_id" in operation else operation["q"]["_id"])
