"""One damaged event: its own user's part of the views stops there, everybody else's goes on."""

from pathlib import Path
from typing import cast

import pytest
from pymongo.database import Database

from application.ports.views import StoppedUser, Watch, describe_stopped
from domain.errors import IntegrityFaultError, ReplayCancelledError
from domain.ledger import UserLedger
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.views.client import Document
from infrastructure.views.mongo_views import MongoViews
from tests.integration.infrastructure.views.observing import stored_documents
from tests.integration.infrastructure.views.stories import Story, locate, naive_views
from tests.support.intruder import Intruder
from tests.support.memory_ledger import MemoryLedgerStore

ALICE = UserLedger.create_id("alice")
DAMAGES = {
    "bytes": "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'CSV', 'CSW') AS BLOB)",
    "an unknown topic": "UPDATE stored_events SET topic = 'os.system'",
    "no JSON": "UPDATE stored_events SET state = x'ff00'",
    "topic of no text": "UPDATE stored_events SET topic = CAST(x'ff00' AS TEXT)",
    "version of no number": "UPDATE stored_events SET originator_version = 'x'",
}


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Return a story over a real ledger: alice has the positions 1, 2 and 5, bob 3, 4 and 6."""
    store = SQLiteLedgerStore(
        tmp_path / "data" / "ledger" / "ledger.db", KeyFolder(tmp_path / "data" / "keys")
    )
    story = Story(cast("MemoryLedgerStore", store))
    for user_id, name in (("alice", "a1.csv"), ("bob", "b1.csv"), ("alice", "a2.csv"), ("bob", "b2.csv")):
        story.upload(user_id, name=name)
    return story


def damage(folder: Path, how: str, position: int) -> None:
    """Damage one stored event."""
    intruder = Intruder(folder)
    intruder.database.execute(f"{how} WHERE rowid = {position}")
    intruder.close()


@pytest.mark.parametrize("how", DAMAGES.values(), ids=list(DAMAGES))
def test_damage_stops_its_own_user_only(
    how: str, story: Story, tmp_path: Path, database: Database[Document]
) -> None:
    """Alice's part ends before the event; bob's is whole; follower and rebuild agree."""
    whole = naive_views(story.store.events_after(0, limit=99))
    damage(tmp_path / "data", how, position=5)
    views = MongoViews(database, story.store, locate, events_a_batch=2)

    assert views.catch_up() == story.store.head()

    documents = stored_documents(database)
    assert [file["filename"] for file in documents["user_files"].values()] == ["a1.csv", "b1.csv", "b2.csv"]
    bob = UserLedger.create_id("bob").hex
    assert documents["user_quotas"][bob] == whole["user_quotas"][bob]
    assert views.stopped() == [StoppedUser(ALICE.hex, 5)]
    assert len(views.files_of("bob").files) == 2
    for ask in (views.files_of, views.quota_of):
        with pytest.raises(
            IntegrityFaultError, match=r"alice ends before position 5.*verify.*restore.*replay"
        ):
            ask("alice")
    assert all(view.digest_before == view.digest_after for view in views.rebuild())
    assert views.stopped() == [StoppedUser(ALICE.hex, 5)]


def test_events_of_two_users_that_were_swapped_stop_both(
    story: Story, tmp_path: Path, database: Database[Document]
) -> None:
    """The chain was mended, yet each is sealed for the other: damage, not an erasure."""
    intruder = Intruder(tmp_path / "data")
    intruder.swap(5, 6)
    intruder.close()
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    assert views.stopped() == [StoppedUser(ALICE.hex, 5), StoppedUser(UserLedger.create_id("bob").hex, 6)]
    assert "[erased]" not in str(stored_documents(database))


def test_what_comes_after_damage_is_left_out_until_the_mended_ledger_is_replayed(
    story: Story, tmp_path: Path, database: Database[Document]
) -> None:
    """A process that has alice's ledger in memory records on; once mended, all of it is taken up."""
    ((_, _, _, _, as_it_was),) = cast("SQLiteLedgerStore", story.store).recorder.select_after(1, 1, None)
    damage(tmp_path / "data", DAMAGES["no JSON"], position=2)
    views = MongoViews(database, story.store, locate, events_a_batch=3)
    views.catch_up()
    story.upload("alice", name="a3.csv")
    story.upload("bob", name="b3.csv")
    views.catch_up()
    assert {file["user_id"] for file in stored_documents(database)["user_files"].values()} == {"bob"}

    intruder = Intruder(tmp_path / "data")
    intruder.database.execute("UPDATE stored_events SET state = ? WHERE rowid = 2", (as_it_was,))
    intruder.close()
    views.catch_up()
    assert views.stopped() == [StoppedUser(ALICE.hex, 2)]
    views.rebuild()
    assert views.stopped() == []
    assert stored_documents(database) == naive_views(story.store.events_after(0, limit=99))
    assert len(views.files_of("alice").files) == 3


def test_a_ledger_whose_passed_beginning_is_damaged_stops_where_it_goes_on(
    story: Story, tmp_path: Path, database: Database[Document]
) -> None:
    """Whose the next event is can no longer be read; what was shown before stays."""
    MongoViews(database, story.store, locate).catch_up()
    damage(tmp_path / "data", DAMAGES["no JSON"], position=1)
    story.upload("alice", name="a3.csv")
    story.upload("bob", name="b3.csv")
    views = MongoViews(database, story.store, locate)
    assert views.catch_up() == story.store.head()
    assert views.stopped() == [StoppedUser(ALICE.hex, 7)]
    assert len(views.files_of("bob").files) == 3


def test_an_interrupted_rebuild_remembers_what_it_left_out(
    story: Story, tmp_path: Path, database: Database[Document]
) -> None:
    """The one that goes on from there would else show a part of alice's files as the whole."""
    damage(tmp_path / "data", DAMAGES["no JSON"], position=2)
    views = MongoViews(database, story.store, locate)
    with pytest.raises(ReplayCancelledError):
        views.rebuild(watch=Watch(is_cancelled=lambda: True))
    views.rebuild()
    assert views.stopped() == [StoppedUser(ALICE.hex, 2)]


def test_an_event_of_nobody_stops_nobody_and_is_named(
    story: Story, tmp_path: Path, database: Database[Document]
) -> None:
    """A row that does not say whose it is."""
    damage(tmp_path / "data", "UPDATE stored_events SET originator_id = 'nobody'", position=5)
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    assert views.stopped() == [StoppedUser(None, 5)]
    assert "ledger unknown at position 5. Run `fileledger verify`" in describe_stopped(views.stopped())
    assert len(views.files_of("bob").files) == 2
