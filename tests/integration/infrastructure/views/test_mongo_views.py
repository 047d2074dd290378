import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import WriteError

from application.ports.ledger import Batch
from application.ports.views import Quota, RunningRow
from domain.errors import EnvironmentFaultError, IntegrityFaultError
from domain.ledger import UserLedger
from domain.personal import ERASED, personal_tombstones
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.views.client import Document, connect
from infrastructure.views.mongo_views import MongoViews
from tests.integration.infrastructure.views.observing import live_collection, stored_documents, tombstones
from tests.integration.infrastructure.views.stories import Story, locate, naive_views
from tests.support.memory_ledger import MemoryLedgerStore

DAWN, DUSK = datetime.min.replace(tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@pytest.fixture
def story() -> Story:
    """Begin a ledger."""
    return Story()


@pytest.fixture
def views(database: Database[Document], story: Story) -> MongoViews:
    """Follow it."""
    return MongoViews(database, story.store, locate)


def test_an_empty_ledger_is_caught_up_at_position_zero(views: MongoViews) -> None:
    """Nothing recorded, nothing listed, nothing due."""
    assert views.catch_up() == 0
    assert views.files_of("alice").files == ()
    assert views.quota_of("alice") == Quota("alice")
    assert views.next_expiry(after=DAWN, before=DUSK) is None
    assert views.running_executions() == []


def test_what_was_recorded_is_listed_after_catching_up(views: MongoViews, story: Story) -> None:
    """A reader who catches up first sees its own writes, field by field."""
    file_id = story.upload(name="sales.csv", size=123)
    assert views.catch_up() == story.store.head()
    ledger = story.store.load("alice")
    assert ledger is not None
    assert views.files_of("alice").files == tuple(ledger.files.values())
    assert [file.file_id for file in views.files_of("alice").files] == [file_id]


def test_a_list_holds_the_latest_of_its_user_while_the_view_lags_behind(
    views: MongoViews, story: Story
) -> None:
    """What came and went since the view was written is folded in for who looks, and nothing is written."""
    story.upload()
    second = story.upload()
    reached = views.catch_up()
    story.delete()
    story.upload("bob")
    last = story.upload()
    assert [file.file_id for file in views.files_of("alice").files] == [second, last]
    assert views.position() == reached


def test_a_list_is_whole_after_the_server_lost_its_newest_writes(
    views: MongoViews, story: Story, database: Database[Document]
) -> None:
    """A view that went back is folded from where it stands, not from where it stood."""
    first = story.upload()
    reached = views.catch_up()
    second = story.upload()
    views.catch_up()
    database[live_collection(database, "user_files")].delete_one({"_id": second})
    positions = {f"views.{view}.position": reached for view in views.positions()}
    database["view_state"].update_one({"_id": "views"}, {"$set": positions})
    assert [file.file_id for file in views.files_of("alice").files] == [first, second]


def test_a_list_is_there_while_others_events_are_taken_in(
    views: MongoViews, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks waits for no follower, however much others did."""
    story.upload()
    at_work, go_on = threading.Event(), threading.Event()
    read = story.store.batch_after

    def read_slowly(*args: Any, **options: Any) -> Batch:
        at_work.set()
        go_on.wait(10)
        return read(*args, **options)

    monkeypatch.setattr(story.store, "batch_after", read_slowly)
    follower = threading.Thread(target=views.catch_up)
    follower.start()
    try:
        assert at_work.wait(10)
        assert len(views.files_of("alice").files) == 1
        assert views.position() == 0
    finally:
        go_on.set()
        follower.join()


def test_files_come_in_the_order_of_the_ledger_when_the_clock_goes_back(
    views: MongoViews, story: Story
) -> None:
    """The oldest file is the one recorded first, whatever the clock said."""
    first = story.upload()
    story.hours -= 10
    second = story.upload()
    views.catch_up()
    assert [file.file_id for file in views.files_of("alice").files] == [first, second]


def test_a_user_sees_only_their_own_files(views: MongoViews, story: Story) -> None:
    """One user's list holds nothing of another's."""
    story.upload("alice")
    story.upload("bob")
    views.catch_up()
    assert len(views.files_of("alice").files) == len(views.files_of("bob").files) == 1
    assert views.files_of("alice").files != views.files_of("bob").files


def test_quotas_count_uploads_and_generated_files_apart(views: MongoViews, story: Story) -> None:
    """Uploads, outputs and bytes are counted, and go down again with what goes."""
    story.upload(size=100)
    story.upload(size=200)
    story.start()
    story.finish(outputs=2)
    views.catch_up()
    assert views.quota_of("alice") == Quota("alice", uploads=2, generated=2, size_bytes=310)
    story.delete()
    views.catch_up()
    assert views.quota_of("alice") == Quota("alice", uploads=1, generated=2, size_bytes=210)


def test_a_removed_file_leaves_a_tombstone_without_personal_data(
    views: MongoViews, story: Story, database: Database[Document]
) -> None:
    """Of a file that is gone there remain its id, the position and when the note was made."""
    file_id = story.upload()
    views.catch_up()
    story.delete()
    views.catch_up()
    (tombstone,) = tombstones(database)
    assert tombstone.keys() == {"_id", "position", "gone_at"}
    assert tombstone["_id"] == file_id
    assert views.files_of("alice").files == ()


def test_due_users_and_the_next_expiry_are_told(views: MongoViews, story: Story) -> None:
    """A file is due at its very time, not before; files without a time never are."""
    story.upload("alice", hours=None)
    story.upload("bob", hours=5)
    bob_expires = story.now + timedelta(hours=5)
    story.upload("carol", hours=9)
    views.catch_up()
    minute = timedelta(minutes=1)
    assert views.next_expiry(after=bob_expires - minute, before=bob_expires + minute) == bob_expires
    assert views.next_expiry(after=bob_expires - minute, before=bob_expires) is None
    assert views.next_expiry(after=bob_expires, before=bob_expires + minute) is None
    assert views.due_user_ids(bob_expires - timedelta(milliseconds=1)) == []
    assert views.due_user_ids(bob_expires) == ["bob"]
    assert views.due_user_ids(bob_expires + timedelta(days=1)) == ["bob", "carol"]


def test_running_executions_are_those_that_did_not_end(views: MongoViews, story: Story) -> None:
    """A run is listed from its start to its end."""
    execution_id = story.start("bob")
    views.catch_up()
    assert views.running_executions() == [RunningRow(execution_id, "bob", "here")]
    story.finish("bob")
    views.catch_up()
    assert views.running_executions() == []


def test_positions_need_not_be_dense(database: Database[Document]) -> None:
    """A ledger whose positions have gaps is followed to its head."""
    story = Story(MemoryLedgerStore(positions_apart=7))
    story.upload()
    story.upload()
    views = MongoViews(database, story.store, locate, events_a_batch=2)
    assert views.catch_up() == story.store.head() == 21
    assert stored_documents(database) == naive_views(story.store.events)


def test_an_erased_user_goes_by_the_id_of_the_ledger(database: Database[Document]) -> None:
    """When a user's key is gone, the views are built all the same and hold no name."""
    story, erased = Story(), MemoryLedgerStore()
    story.upload(name="diary.txt")
    story.start()
    story.finish()
    for recorded in story.store.events:
        tombstone = personal_tombstones(type(recorded.event))
        erased.add(recorded.event.model_copy(update=tombstone))
    views = MongoViews(database, erased, locate)
    views.catch_up()
    ledger_hex = UserLedger.create_id("alice").hex
    documents = stored_documents(database)
    assert {row["user_id"] for view in documents.values() for row in view.values()} == {ledger_hex}
    assert {file["filename"] for file in documents["user_files"].values()} == {ERASED}
    assert [view.digest_before == view.digest_after for view in views.rebuild()] == [True] * 3


def test_a_real_ledger_is_followed_and_rebuilt_after_an_erasure(
    database: Database[Document], tmp_path: Path
) -> None:
    """Over SQLite and keys: live and rebuilt views agree; when the key is destroyed, so are the names."""
    keys = KeyFolder(tmp_path / "keys")
    store = SQLiteLedgerStore(tmp_path / "ledger" / "ledger.db", keys)
    story = Story(cast("MemoryLedgerStore", store))
    for user_id in ("alice", "bob"):
        story.upload(user_id, name=f"of-{user_id}.csv")
        story.start(user_id)
        story.finish(user_id)
    views = MongoViews(database, store, locate)
    assert views.catch_up() == store.head()
    assert stored_documents(database) == naive_views(store.events_after(0, limit=1000))
    assert all(view.digest_before == view.digest_after for view in views.rebuild())
    keys.destroy(UserLedger.create_id("alice"))
    views.rebuild()
    left = repr(stored_documents(database))
    assert "alice" not in left
    assert "of-bob.csv" in left
    store.close()


def test_threads_that_catch_up_at_once_do_no_harm(
    views: MongoViews, story: Story, database: Database[Document]
) -> None:
    """One object serves many threads."""
    for _ in range(6):
        story.upload()
    threads = [threading.Thread(target=views.catch_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored_documents(database) == naive_views(story.store.events)


def test_processes_that_race_end_in_the_same_documents(database: Database[Document]) -> None:
    """Followers with connections of their own, truly at once, converge to the naive fold."""
    story = Story()
    for round_ in range(12):
        for user_id in ("alice", "bob"):
            story.upload(user_id, hours=3)
            if round_ % 3 == 0:
                story.start(user_id)
                story.finish(user_id)
                story.expire(user_id)
    followers = [MongoViews(database, story.store, locate, events_a_batch=size) for size in (3, 7, 11)]
    threads = [threading.Thread(target=follower.catch_up) for follower in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored_documents(database) == naive_views(story.store.events)


def test_a_reader_finds_the_view_that_another_process_swapped_in(
    views: MongoViews, story: Story, database: Database[Document]
) -> None:
    """What a reader knew before a swap does not make it read the dropped collection."""
    story.upload()
    views.catch_up()
    MongoViews(database, story.store, locate).rebuild()
    assert len(views.files_of("alice").files) == 1
    assert views.quota_of("alice").uploads == 1


def test_people_find_the_files_under_the_plain_name(
    views: MongoViews, story: Story, database: Database[Document]
) -> None:
    """`user_files` in the database shows the live files, before and after a rebuild, and no tombstones."""
    story.upload(name="kept.csv")
    story.upload(name="lost.csv", hours=1)
    story.hours += 5
    story.expire()
    for step in (views.catch_up, views.rebuild):
        step()
        (shown,) = database["user_files"].find()
        assert shown["filename"] == "kept.csv"
        assert shown["file_path"] == locate("alice", f"{shown['file_id']}.csv")
        assert {
            "user_id",
            "file_type",
            "file_size",
            "sha256",
            "uploaded_at",
            "expires_at",
            "origin",
        } <= shown.keys()


@pytest.mark.parametrize("view", ["user_files", "user_quotas", "executions"])
def test_the_database_refuses_documents_of_another_shape(
    views: MongoViews, story: Story, database: Database[Document], view: str
) -> None:
    """Validators hold: a field of a wrong type, or one too many, is refused."""
    story.upload()
    story.start()
    views.catch_up()
    collection = database[live_collection(database, view)]
    for wrong in ({"user_id": 5}, {"position": "1"}, {"surprise": 1}):
        with pytest.raises(WriteError):
            collection.update_one({}, {"$set": wrong})


def test_a_lost_document_is_named_with_the_remedy(
    views: MongoViews, story: Story, database: Database[Document]
) -> None:
    """A damaged view stops the follower, which says how to rebuild it; the rebuild mends it."""
    story.upload()
    views.catch_up()
    database[live_collection(database, "user_quotas")].delete_many({})
    story.upload()
    with pytest.raises(IntegrityFaultError, match="fileledger replay"):
        views.catch_up()
    views.rebuild()
    views.catch_up()
    assert stored_documents(database) == naive_views(story.store.events)


def test_views_that_were_never_set_up_say_so(empty_database: Database[Document], story: Story) -> None:
    """Without its migrations the database is refused, with the command that helps."""
    with pytest.raises(EnvironmentFaultError, match="fileledger migrate"):
        MongoViews(empty_database, story.store, locate).catch_up()


@pytest.mark.parametrize(
    "ask",
    [
        lambda views: views.catch_up(),
        lambda views: views.files_of("alice"),
        lambda views: views.rebuild(),
    ],
)
def test_a_server_that_is_gone_is_one_clear_line(story: Story, ask: Callable[[MongoViews], Any]) -> None:
    """No server: cause and remedy, no password, no traceback."""
    nowhere = connect("mongodb://someone:secret@127.0.0.1:9/?directConnection=true", timeout_ms=50)
    with nowhere.client, pytest.raises(EnvironmentFaultError, match="no server answers") as caught:
        ask(MongoViews(nowhere, story.store, locate))
    assert "MONGODB_URI" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_gone_is_revived_once(database: Database[Document], story: Story) -> None:
    """With somebody who can bring the server back, the question is asked again."""
    story.upload()
    nowhere = connect("mongodb://127.0.0.1:9/?directConnection=true", timeout_ms=50)
    views = MongoViews(nowhere, story.store, locate)

    def revive() -> None:
        MongoViews.__init__(views, database, story.store, locate)

    views.revive = revive
    with nowhere.client:
        assert views.catch_up() == story.store.head()


def test_an_unknown_user_holds_nothing(views: MongoViews) -> None:
    """A question about nobody is answered with nothing."""
    assert views.files_of("nobody").files == ()
    assert views.quota_of("nobody") == Quota("nobody")


def test_times_come_back_aware_and_in_utc(
    mongodb_client: MongoClient[Document], views: MongoViews, story: Story
) -> None:
    """What was written as UTC is read as UTC."""
    assert mongodb_client is not None
    story.upload()
    views.catch_up()
    (file,) = views.files_of("alice").files
    assert file.uploaded_at == story.now
    assert file.uploaded_at.utcoffset() == timedelta(0)
