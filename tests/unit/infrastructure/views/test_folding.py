from collections.abc import Sequence

import pytest

from domain.errors import IntegrityFaultError
from infrastructure.views.client import Document
from infrastructure.views.folding import Change, Fold
from infrastructure.views.owners import Owners
from infrastructure.views.projections import FileProjection, QuotaProjection
from tests.integration.infrastructure.views.stories import Story, locate


def nothing_stored(_: Sequence[str]) -> Sequence[Document]:
    """Find no document."""
    return []


def test_a_file_that_came_and_went_is_one_change() -> None:
    """A batch folds to the last word on each document."""
    story = Story()
    file_id = story.upload()
    story.delete()
    fold = Fold(FileProjection(locate), Owners(story.store), nothing_stored)
    fold.take(story.store.events)
    assert fold.changes == {file_id: Change(position=3, document=None, is_new=True)}


def test_a_removal_alone_is_no_new_document() -> None:
    """What was recorded in an earlier batch is told from what was not."""
    story = Story()
    file_id = story.upload()
    story.delete()
    fold = Fold(FileProjection(locate), Owners(story.store), nothing_stored)
    fold.take(story.store.events[2:])
    assert fold.changes == {file_id: Change(position=3, document=None, is_new=False)}


def test_batches_fold_to_the_same_as_the_whole() -> None:
    """Where the batches end makes no difference."""
    story = Story()
    for user_id in ("alice", "bob", "alice", "alice", "alice"):
        story.upload(user_id)
    whole = Fold(QuotaProjection(), Owners(story.store), nothing_stored)
    whole.take(story.store.events)
    parts = Fold(QuotaProjection(), Owners(story.store), nothing_stored)
    for recorded in story.store.events:
        parts.take([recorded])
    assert parts.changes == whole.changes


def test_events_that_a_stored_document_already_holds_are_skipped() -> None:
    """Another follower was faster: its document is the beginning, and what it holds is not folded again."""
    story = Story()
    story.upload(size=3)
    story.upload(size=4)
    done = Fold(QuotaProjection(), Owners(story.store), nothing_stored)
    done.take(story.store.events)
    ((key, change),) = done.changes.items()
    assert change.document is not None
    stored = {"_id": key, **change.document}
    again = Fold(QuotaProjection(), Owners(story.store), lambda _: [dict(stored)])
    again.take(story.store.events)
    assert again.changes == {}
    story.upload(size=5)
    again.take(story.store.events)
    (final,) = again.changes.values()
    assert final.document is not None
    assert final.document["size_bytes"] == 12
    assert not final.is_new


def test_a_document_that_must_be_there_and_is_not_is_named() -> None:
    """Better to stop than to go on from nothing."""
    story = Story()
    story.upload()
    story.start()
    story.finish()
    fold = Fold(QuotaProjection(), Owners(story.store), nothing_stored)
    with pytest.raises(IntegrityFaultError, match="has lost the document"):
        fold.take(story.store.events[-2:])
