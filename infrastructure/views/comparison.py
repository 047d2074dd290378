"""The live view beside the rebuilt one, document by document: digests, and what differs."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection

from application.ports.views import RebuiltView, ViewDifference
from infrastructure.views.client import Document
from infrastructure.views.digest import RunningDigest, canonical_line

EXAMPLES = 10
Pair = tuple[Document | None, Document | None]


def compare(
    name: str, live: Collection[Document], rebuilt: Collection[Document], query: Mapping[str, Any]
) -> RebuiltView:
    """Compare the documents that match `query`; tombstones do not count."""
    before, after = RunningDigest(), RunningDigest()
    counts = {"missing": 0, "altered": 0, "surplus": 0}
    examples: list[str] = []
    for old, new in _pairs(_living(live, query), _living(rebuilt, query)):
        for document, digest in ((old, before), (new, after)):
            if document is not None:
                digest.add(document)
        if what := _difference(old, new):
            kind, words = what
            counts[kind] += 1
            examples += [words] if len(examples) < EXAMPLES else []
    difference = ViewDifference(**counts, examples=tuple(examples))
    return RebuiltView(name, before.sha256, after.sha256, after.documents, difference)


def _living(collection: Collection[Document], query: Mapping[str, Any]) -> Iterator[Document]:
    return iter(collection.find({"gone_at": {"$exists": False}, **query}).sort("_id", ASCENDING))


def _pairs(live: Iterator[Document], rebuilt: Iterator[Document]) -> Iterable[Pair]:
    """Yield the documents of either side by `_id`, None where one side has none; both come sorted."""
    old, new = next(live, None), next(rebuilt, None)
    while old is not None and new is not None:
        if old["_id"] == new["_id"]:
            yield old, new
            old, new = next(live, None), next(rebuilt, None)
        elif old["_id"] < new["_id"]:
            yield old, None
            old = next(live, None)
        else:
            yield None, new
            new = next(rebuilt, None)
    yield from ((document, None) for document in chain([old] if old else [], live))
    yield from ((None, document) for document in chain([new] if new else [], rebuilt))


def _difference(old: Document | None, new: Document | None) -> tuple[str, str] | None:
    if old is None:
        return "missing", f"{(new or {}).get('_id')}: missing"
    if new is None:
        return "surplus", f"{old['_id']}: should not be there"
    if canonical_line(old) == canonical_line(new):
        return None
    fields = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return "altered", f"{old['_id']}: {', '.join(fields)} altered"
