from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, cast

import pytest
from pymongo.database import Database

from application.ports.ledger import Batch
from application.ports.views import RebuiltView, Watch
from domain.errors import EnvironmentFaultError, IntegrityFaultError, InvalidValueError
from domain.events import LedgerEvent
from infrastructure.views.client import Document
from infrastructure.views.mongo_views import MongoViews
from tests.integration.infrastructure.views.interleaving import Crashed, GatedDatabase, Kill, Tripwire
from tests.integration.infrastructure.views.observing import (
    VIEWS,
    generations,
    live_collection,
    snapshot,
    stored_documents,
    tombstones,
)
from tests.integration.infrastructure.views.stories import Story, locate, naive_views
from tests.support.memory_ledger import MemoryLedgerStore
from tests.support.sweep import steps


@pytest.fixture
def story() -> Story:
    """Tell of files that stay and go, and of runs."""
    story = Story()
    for user_id in ("alice", "bob"):
        for _ in range(4):  # one more than the limit: the first is evicted
            story.upload(user_id, hours=None)
        story.start(user_id)
        story.finish(user_id)
    story.upload("carol", hours=1)
    story.hours += 5
    story.expire("carol")
    return story


@pytest.fixture
def views(database: Database[Document], story: Story) -> MongoViews:
    """Follow it to its head."""
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    return views


def by_name(rebuilt: Sequence[RebuiltView]) -> dict[str, RebuiltView]:
    """Return the reports by the views' names."""
    return {view.name: view for view in rebuilt}


def test_audit_16_the_rebuilt_views_equal_the_live_ones_byte_for_byte(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """Digests before and after are equal, and only what lives is written."""
    assert tombstones(database) != []
    rebuilt = by_name(views.rebuild())
    assert rebuilt.keys() == set(VIEWS)
    for view in rebuilt.values():
        assert view.digest_before == view.digest_after
    assert rebuilt["user_files"].documents == len(naive_views(story.store.events)["user_files"])
    assert stored_documents(database) == naive_views(story.store.events)
    assert tombstones(database) == []


def test_the_swapped_in_collections_keep_validators_and_indexes(
    views: MongoViews, database: Database[Document]
) -> None:
    """A rebuild changes nothing about the shape, and leaves one collection a view."""
    before = {view: shape_of(database, view) for view in VIEWS}
    views.rebuild()
    assert {view: shape_of(database, view) for view in VIEWS} == before
    assert generations(database) == {f"{view}.2" for view in VIEWS}


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_rebuilt_view_of_another_shape_takes_nobodys_place(
    database: Database[Document], story: Story, *, dry_run: bool
) -> None:
    """Documents are written before the validator is there, and looked at by it before the swap."""
    views = MongoViews(database, story.store, lambda _user_id, _name: cast("str", 7))
    before = generations(database)
    with pytest.raises(IntegrityFaultError, match="user_files has not the shape"):
        views.rebuild(dry_run=dry_run)
    assert generations(database) == before


def shape_of(database: Database[Document], view: str) -> tuple[Any, Any]:
    """Return options and indexes of a view's live collection."""
    name = live_collection(database, view)
    (listed,) = database.list_collections(filter={"name": name})
    assert "$jsonSchema" in listed["options"]["validator"]
    return listed["options"], database[name].index_information()


def test_a_damaged_view_is_mended(views: MongoViews, database: Database[Document], story: Story) -> None:
    """Documents lost, altered or forged are put right, and the digests tell that there was damage."""
    files = database[live_collection(database, "user_files")]
    first, second, *_ = files.find({"user_id": "alice"})
    files.delete_one({"_id": first["_id"]})
    files.update_one({"_id": second["_id"]}, {"$set": {"filename": "forged.csv"}})
    rebuilt = by_name(views.rebuild())
    assert rebuilt["user_files"].digest_before != rebuilt["user_files"].digest_after
    assert rebuilt["user_quotas"].digest_before == rebuilt["user_quotas"].digest_after
    assert stored_documents(database) == naive_views(story.store.events)


def test_dropped_collections_come_back(views: MongoViews, database: Database[Document], story: Story) -> None:
    """Views whose collections are gone are built from nothing, in their shape."""
    before = by_name(views.rebuild(dry_run=True))
    for view in VIEWS:
        database.drop_collection(live_collection(database, view))
    after = by_name(views.rebuild())
    for view in VIEWS:
        assert after[view].digest_after == before[view].digest_before
        assert shape_of(database, view)
    assert stored_documents(database) == naive_views(story.store.events)


def test_one_view_alone_can_be_rebuilt(views: MongoViews, database: Database[Document], story: Story) -> None:
    """The others stay where they are."""
    (rebuilt,) = views.rebuild(view="executions")
    assert rebuilt.name == "executions"
    assert generations(database) == {"user_files.1", "user_quotas.1", "executions.2"}
    story.start()
    views.catch_up()
    assert stored_documents(database) == naive_views(story.store.events)


def test_an_unknown_view_is_refused_with_those_that_there_are(views: MongoViews) -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(InvalidValueError, match="user_quotas, user_files, executions"):
        views.rebuild(view="file_list")


def test_audit_18_a_dry_run_touches_nothing(views: MongoViews, database: Database[Document]) -> None:
    """It computes and compares, and its collections are gone at the end."""
    before = snapshot(database)
    for view in views.rebuild(dry_run=True):
        assert view.digest_before == view.digest_after
    assert snapshot(database) == before


def test_the_live_view_is_compared_as_it_is(database: Database[Document], story: Story) -> None:
    """A view that nobody caught up differs, because the events are missing in it."""
    rebuilt = by_name(MongoViews(database, story.store, locate).rebuild())
    assert rebuilt["user_files"].digest_before != rebuilt["user_files"].digest_after
    assert stored_documents(database) == naive_views(story.store.events)


def test_audit_19_bounds_compare_the_same_slice_and_swap_nothing(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """One user, or some positions: equal to the slice of the whole, and the live views stay."""
    before = snapshot(database)
    head = story.store.head()
    for bounds in (
        {"user_id": "bob"},
        {"first": 6},
        {"user_id": "alice", "first": 4},
        {"first": 3, "last": head},
    ):
        for view in views.rebuild(**bounds):
            assert view.digest_before == view.digest_after, bounds
    assert snapshot(database) == before


def test_audit_19_a_slice_holds_the_documents_changed_within_it(views: MongoViews, story: Story) -> None:
    """As of a position, with the positions before read but not shown."""
    last = 9
    naive = naive_views(story.store.events[:last])
    for rebuilt in views.rebuild(first=3, last=last):
        wanted = [row for row in naive[rebuilt.name].values() if row["position"] >= 3]
        assert rebuilt.documents == len(wanted)
    for rebuilt in views.rebuild(user_id="bob"):
        mine = [
            row for row in naive_views(story.store.events)[rebuilt.name].values() if row["user_id"] == "bob"
        ]
        assert rebuilt.documents == len(mine)


@pytest.mark.parametrize("bounds", [{"first": 0}, {"first": 5, "last": 4}])
def test_bounds_that_hold_nothing_are_refused(views: MongoViews, bounds: dict[str, int]) -> None:
    """Positions begin at 1 and rise."""
    with pytest.raises(InvalidValueError, match="No event lies"):
        views.rebuild(first=bounds["first"], last=bounds.get("last"))


def test_progress_ends_with_the_number_of_events(views: MongoViews, story: Story) -> None:
    """Whoever watches learns how many events were replayed: all, or those within the bounds."""
    steps: list[tuple[int, int]] = []
    watch = Watch(on_progress=lambda done, total: steps.append((done, total)))
    views.rebuild(watch=watch)
    assert steps[-1] == (len(story.store.events),) * 2
    views.rebuild(first=3, last=7, watch=watch)
    assert steps[-1] == (5, 5)
    views.rebuild(user_id="bob", watch=watch)
    assert steps[-1][0] == sum("bob" in recorded.event.actor for recorded in story.store.events)


class EventfulLedger(MemoryLedgerStore):
    """Lets something happen when the events after a position are read."""

    def __init__(self, like: MemoryLedgerStore, happening: Any) -> None:
        super().__init__()
        self.events, self._happening = like.events, happening

    def batch_after(
        self,
        position: int,
        *,
        limit: int,
        up_to: int | None = None,
        kinds: Collection[type[LedgerEvent]] = (),
    ) -> Batch:
        """Return the next events, after the happening (which happens once)."""
        happening, self._happening = self._happening, None
        if happening:
            happening()
        return super().batch_after(position, limit=limit, up_to=up_to, kinds=kinds)


def test_events_recorded_during_the_rebuild_are_in_the_swapped_view(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """Another process records and follows while we rebuild: the swapped views are not behind."""

    def meanwhile() -> None:
        story.upload("bob")
        story.delete("alice")
        views.catch_up()

    MongoViews(database, EventfulLedger(story.store, meanwhile), locate).rebuild()
    assert stored_documents(database) == naive_views(story.store.events)
    assert views.catch_up() == story.store.head()
    assert stored_documents(database) == naive_views(story.store.events)


def test_a_follower_overtaken_by_a_swap_leaves_no_collection_behind(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """Writes into a dropped collection make it anew: who made it drops it, and follows the new one."""
    story.upload("bob")
    late = MongoViews(database, EventfulLedger(story.store, views.rebuild), locate)
    assert late.catch_up() == story.store.head()
    assert generations(database) == {f"{view}.2" for view in VIEWS}
    assert stored_documents(database) == naive_views(story.store.events)


@pytest.mark.usefixtures("views")
def test_a_swap_at_any_step_of_a_follower_loses_no_event(database: Database[Document], story: Story) -> None:
    """A rebuild that knows less than the follower is swapped in between any two of the follower's steps."""
    for step in steps():
        known = MemoryLedgerStore()
        known.events = list(story.store.events)
        story.upload("bob")
        gate = Tripwire(step, MongoViews(database, known, locate).rebuild)
        gated = cast("Database[Document]", GatedDatabase(database, gate))
        assert MongoViews(gated, story.store, locate).catch_up() == story.store.head()
        assert stored_documents(database) == naive_views(story.store.events), f"swapped at step {step}"
        assert len(generations(database)) == len(VIEWS)
        if not gate.was_reached:
            break
    assert step > 10


@pytest.mark.usefixtures("views")
def test_audit_20_killed_at_any_step_it_leaves_whole_views(
    database: Database[Document], story: Story
) -> None:
    """Whatever the step, the views stay right, and the next rebuild sweeps up."""
    for step in steps():
        gate = Kill(step)
        gated = cast("Database[Document]", GatedDatabase(database, gate))
        with suppress(Crashed):
            MongoViews(gated, story.store, locate).rebuild()
        assert stored_documents(database) == naive_views(story.store.events), f"killed at step {step}"
        if not gate.was_reached:
            break
        MongoViews(database, story.store, locate).catch_up()
        shown = {row["_id"] for row in database["user_files"].find()}
        assert shown == stored_documents(database)["user_files"].keys()
    assert step > 30
    assert len(generations(database)) == len(VIEWS)


def test_a_rebuild_that_began_later_takes_precedence(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """The earlier one stops with one clear line, and has changed nothing."""
    first = MongoViews(database, EventfulLedger(story.store, views.rebuild), locate)
    with pytest.raises(EnvironmentFaultError, match="Another replay"):
        first.rebuild()
    assert generations(database) == {f"{view}.3" for view in VIEWS}
    assert stored_documents(database) == naive_views(story.store.events)


def test_an_interrupted_rebuild_leaves_the_live_views_and_the_next_sweeps_up(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """A rebuild cut off without a chance to clean up leaves scratch, which the next one drops."""
    database["user_files.2"].insert_one({"_id": "scratch of a killed rebuild"})
    database["view_state"].update_one({}, {"$inc": {"views.user_files.newest": 1}})
    assert len(views.files_of("alice").files) == 4
    views.rebuild()
    assert generations(database) == {"user_files.3", "user_quotas.2", "executions.2"}
    assert stored_documents(database) == naive_views(story.store.events)


@pytest.mark.usefixtures("views")
def test_an_error_on_the_way_drops_the_scratch(database: Database[Document], story: Story) -> None:
    """A rebuild that fails cleans up after itself."""

    def fail() -> None:
        msg = "the ledger cannot be read"
        raise EnvironmentFaultError(msg)

    before = snapshot(database)
    with pytest.raises(EnvironmentFaultError, match="cannot be read"):
        MongoViews(database, EventfulLedger(story.store, fail), locate).rebuild()
    assert snapshot(database) == before


def test_views_of_a_ledger_that_is_no_more_are_refused_until_they_are_rebuilt(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """A ledger restored from a backup is shorter than its views: not trusted, until a replay mends them."""
    assert views.catch_up() == story.store.head()
    del story.store.events[-3:]
    with pytest.raises(IntegrityFaultError, match="fileledger replay"):
        views.catch_up()
    views.rebuild()
    assert views.catch_up() == story.store.head()
    assert stored_documents(database) == naive_views(story.store.events)
