"""An erased user in the views of a server that keeps its storage: followed, rebuilt, raced, come back."""

from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from pymongo.database import Database

from application.ports.views import Watch
from domain.errors import EnvironmentFaultError
from domain.ledger import UserLedger
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.views.client import Document
from infrastructure.views.mongo_views import MongoViews
from tests.integration.infrastructure.views.observing import stored_documents
from tests.integration.infrastructure.views.stories import Story, locate
from tests.support.intruder import Intruder
from tests.support.memory_ledger import MemoryLedgerStore

ALICE = UserLedger.create_id("alice")


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Return a story over a real ledger, in which alice and bob did the same."""
    store = SQLiteLedgerStore(tmp_path / "ledger" / "ledger.db", KeyFolder(tmp_path / "keys"))
    story = Story(cast("MemoryLedgerStore", store))
    for user_id in ("alice", "bob"):
        story.upload(user_id, name=f"of-{user_id}.csv")
        story.start(user_id)
        story.finish(user_id)
    return story


def erased(story: Story) -> tuple[UUID, int]:
    """Erase alice in the ledger; return what the views are told."""
    ledger = story.ledger("alice")
    ledger.request_erasure(story.metadata("alice"))
    ledger.finish_erasure(dict.fromkeys(ledger.awaiting_purge, 0), story.metadata("alice"))
    position = story.store.append(ledger)
    story.store.erase(ALICE, ledger.version)
    return ALICE, position


def test_audit_22_views_that_forgot_a_user_are_those_that_a_replay_builds(
    database: Database[Document], story: Story
) -> None:
    """No name is left but bob's, before and after the replay, which changes nothing."""
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    views.forget(*erased(story))
    views.forget(ALICE, story.store.head())
    left = repr(stored_documents(database))
    assert "alice" not in left
    assert "of-bob.csv" in left
    assert ALICE.hex in left
    assert all(view.digest_before == view.digest_after for view in views.rebuild())


def test_nothing_is_left_of_an_erased_user_whose_views_damage_had_stopped(
    database: Database[Document], story: Story, tmp_path: Path
) -> None:
    """They never took in that the files went and the run ended; once all is mended, a replay agrees."""
    story.start("alice")
    story.upload("alice", name="damaged-of-alice.csv")
    damaged_at = story.store.head()
    read = ("SELECT state FROM stored_events WHERE rowid = ?", (damaged_at,))
    intruder = Intruder(tmp_path)
    (as_it_was,) = intruder.database.execute(*read).fetchone()
    intruder.database.execute("UPDATE stored_events SET state = x'ff00' WHERE rowid = ?", (damaged_at,))
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    intruder.database.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (as_it_was, damaged_at))
    intruder.close()
    assert "of-alice.csv" in repr(stored_documents(database))
    views.forget(*erased(story))
    left = stored_documents(database)
    assert "alice" not in repr(left)
    assert {
        document["user_id"] for view in ("user_files", "executions") for document in left[view].values()
    } == {"bob"}
    views.rebuild()
    assert views.stopped() == []


def test_who_comes_back_is_seen_apart_from_what_was_erased(
    database: Database[Document], story: Story
) -> None:
    """Old runs stay gone, new ones are the user's, live and rebuilt alike."""
    views = MongoViews(database, story.store, locate, events_a_batch=3)
    views.catch_up()
    what = erased(story)
    ledger = story.ledger("alice")
    ledger.reopen("alice", story.metadata("alice"))
    story.store.append(ledger)
    story.upload("alice", name="new.csv")
    new_run = story.start("alice")
    views.forget(*what)
    runs = stored_documents(database)["executions"]
    assert {key: run["user_id"] for key, run in runs.items()} == {new_run: "alice"}
    assert [file.filename for file in views.files_of("alice").files] == ["new.csv"]
    assert views.quota_of("alice").uploads == 1
    assert all(view.digest_before == view.digest_after for view in views.rebuild())


def test_a_rebuild_that_read_an_erased_user_before_does_not_swap_in(
    database: Database[Document], story: Story
) -> None:
    """It is fenced out, and asks to be done again."""
    views = MongoViews(database, story.store, locate)
    views.catch_up()

    def forget_meanwhile(done: int, total: int) -> None:
        if done == total and story.store.owner_of(ALICE) == "alice":
            views.forget(*erased(story))

    with pytest.raises(EnvironmentFaultError, match="began meanwhile"):
        views.rebuild(watch=Watch(on_progress=forget_meanwhile))
    assert "alice" not in repr(stored_documents(database))
