import threading
from datetime import UTC

import pytest
from pymongo.database import Database

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import Document
from infrastructure.views.mongo_views import MongoViews
from migrations import apply_migrations, migration_status
from tests.integration.infrastructure.views.observing import (
    VIEWS,
    generations,
    live_collection,
    stored_documents,
)
from tests.integration.infrastructure.views.stories import Story, locate, naive_views


def test_migrations_are_applied_once_and_recorded(empty_database: Database[Document]) -> None:
    """The first call applies and tells what; the second finds nothing to do."""
    assert {status.applied_at for status in migration_status(empty_database)} == {None}
    applied = apply_migrations(empty_database)
    names = [(status.number, status.name) for status in applied]
    assert names == [(1, "views"), (2, "running executions")]
    assert {status.applied_at and status.applied_at.tzinfo for status in applied} == {UTC}
    assert apply_migrations(empty_database) == []
    assert migration_status(empty_database) == applied


def test_the_views_stand_in_their_collections_with_indexes(empty_database: Database[Document]) -> None:
    """Every view has its collection, and the files' tombstones go by themselves."""
    apply_migrations(empty_database)
    assert generations(empty_database) == {f"{view}.1" for view in VIEWS}
    indexes = empty_database["user_files.1"].index_information()
    assert indexes["gone_at_1"]["expireAfterSeconds"] == 24 * 3600
    assert {"user_id_1_position_1", "expires_at_1"} <= indexes.keys()


def test_a_migration_that_was_cut_off_is_finished(empty_database: Database[Document]) -> None:
    """What an interrupted run left half done, the next completes."""
    empty_database.create_collection("user_files.1")
    apply_migrations(empty_database)
    (listed,) = empty_database.list_collections(filter={"name": "user_files.1"})
    assert "validator" in listed["options"]
    assert generations(empty_database) == {f"{view}.1" for view in VIEWS}


def test_two_processes_may_migrate_at_once(empty_database: Database[Document]) -> None:
    """Both end well, and the views are set up once."""
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            apply_migrations(empty_database)
        except BaseException as error:  # noqa: BLE001  # told to the test
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert empty_database["view_state"].count_documents({}) == 1
    assert generations(empty_database) == {f"{view}.1" for view in VIEWS}
    assert list(empty_database["user_files"].find()) == []


def test_a_view_of_all_runs_becomes_one_of_those_that_did_not_end(
    empty_database: Database[Document],
) -> None:
    """A database of the version before is migrated, and follows the ledger into the new shape."""
    apply_migrations(empty_database)
    story = Story()
    story.start("alice")
    story.finish("alice")
    running = story.start("bob")
    views = MongoViews(empty_database, story.store, locate)
    views.catch_up()
    before = live_collection(empty_database, "executions")
    empty_database.command("collMod", before, validator={})
    empty_database[before].insert_one({"_id": "old", "outcome": "succeeded", "position": 4})
    empty_database["migrations"].delete_one({"_id": 2})
    assert [status.number for status in apply_migrations(empty_database)] == [2]
    assert MongoViews(empty_database, story.store, locate).catch_up() == story.store.head()
    assert stored_documents(empty_database) == naive_views(story.store.events)
    assert [run.execution_id for run in views.running_executions()] == [running]
    assert len(generations(empty_database)) == len(VIEWS)


def test_a_database_of_a_newer_version_is_refused(empty_database: Database[Document]) -> None:
    """An old program keeps its hands off what a newer one set up."""
    empty_database["migrations"].insert_one({"_id": 999, "name": "future", "applied_at": None})
    with pytest.raises(EnvironmentFaultError, match="newer version"):
        apply_migrations(empty_database)
    assert generations(empty_database) == set()


def test_a_collection_of_somebody_else_is_left_alone(empty_database: Database[Document]) -> None:
    """A database in use by another program is refused, and nothing of it is dropped."""
    empty_database["user_files"].insert_one({"_id": "precious"})
    with pytest.raises(EnvironmentFaultError, match="not of this program"):
        apply_migrations(empty_database)
    assert list(empty_database["user_files"].find()) == [{"_id": "precious"}]
