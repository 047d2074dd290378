from collections.abc import Callable
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from infrastructure.views.client import Document
from infrastructure.views.folding import Change
from infrastructure.views.writing import load, write_alone, write_guarded

Write = Callable[..., None]


@pytest.fixture
def things(empty_database: Database[Document]) -> Collection[Document]:
    """Return an empty collection."""
    return empty_database["things"]


@pytest.fixture
def write(things: Collection[Document]) -> Write:
    """Write one document as it is at a position."""

    def write(position: int, *, is_new: bool, is_gone: bool = False) -> None:
        document = None if is_gone else {"name": f"as of {position}", "position": position}
        write_guarded(things, {"a": Change(position, document, is_new)})

    return write


def stored(things: Collection[Document]) -> tuple[Any, Any, bool]:
    """Return position, name and whether it is gone."""
    (found,) = things.find()
    return found["position"], found.get("name"), "gone_at" in found


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("was_new", [True, False])
def test_the_newer_document_wins_whoever_comes_first(
    things: Collection[Document], write: Write, *, is_new: bool, was_new: bool
) -> None:
    """In either order, first event folded or not, the higher position stays."""
    for first, second in ((1, 2), (2, 1), (2, 2)):
        things.delete_many({})
        write(first, is_new=was_new)
        write(second, is_new=is_new)
        assert stored(things) == (2, "as of 2", False)


@pytest.mark.parametrize("is_new", [True, False])
def test_what_is_gone_does_not_come_back(things: Collection[Document], write: Write, *, is_new: bool) -> None:
    """A late writer of a document that was removed meanwhile changes nothing."""
    for positions in ((2, 1), (1, 2)):
        things.delete_many({})
        for position in positions:
            write(position, is_new=is_new, is_gone=position == 2)
        assert stored(things) == (2, None, True)


def test_a_file_that_came_and_went_in_one_batch_leaves_a_tombstone(
    things: Collection[Document], write: Write
) -> None:
    """For a slower follower may still be about to write it."""
    write(2, is_new=True, is_gone=True)
    write(1, is_new=True)
    assert stored(things) == (2, None, True)


def test_one_refusal_does_not_keep_the_others_from_being_written(things: Collection[Document]) -> None:
    """A batch of which somebody wrote a part is completed."""
    changes = {key: Change(5, {"position": 5}, is_new=True) for key in "abc"}
    things.insert_many([{"_id": "a", "position": 4}, {"_id": "b", "position": 6}])
    write_guarded(things, changes)
    assert {row["_id"]: row["position"] for row in things.find()} == {"a": 5, "b": 6, "c": 5}


def test_a_refusal_for_another_reason_is_an_error(empty_database: Database[Document]) -> None:
    """Only a taken key is no error."""
    empty_database.create_collection("strict", validator={"name": "x"})
    with pytest.raises(BulkWriteError):
        write_guarded(empty_database["strict"], {"a": Change(1, {"name": "y", "position": 1}, is_new=True)})


def test_writing_alone_keeps_only_what_lives(things: Collection[Document]) -> None:
    """No tombstones: new ones are inserted, known ones replaced or deleted."""
    things.insert_many([{"_id": "old", "position": 1}, {"_id": "going", "position": 1}])
    write_alone(
        things,
        {
            "old": Change(4, {"position": 4}, is_new=False),
            "going": Change(5, None, is_new=False),
            "new": Change(6, {"position": 6}, is_new=True),
            "brief": Change(7, None, is_new=True),
        },
    )
    assert {row["_id"]: row["position"] for row in things.find()} == {"old": 4, "new": 6}


def test_many_documents_are_loaded_by_their_keys(things: Collection[Document]) -> None:
    """However many: each once, and no others."""
    things.insert_many([{"_id": f"{number:03d}"} for number in range(130)])
    keys = [f"{number:03d}" for number in range(120)]
    assert sorted(row["_id"] for row in load(things, [*keys, "absent"])) == keys
    assert list(load(things, [])) == []
