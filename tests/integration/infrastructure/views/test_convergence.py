from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.database import Database

from domain.errors import EnvironmentFaultError
from infrastructure.views import rebuild
from infrastructure.views.client import CODEC, Document
from infrastructure.views.mongo_views import MongoViews
from migrations import apply_migrations
from tests.integration.infrastructure.views.interleaving import Gate, GatedDatabase, interleave
from tests.integration.infrastructure.views.observing import VIEWS, generations, stored_documents
from tests.integration.infrastructure.views.stories import ledgers, locate, naive_views
from tests.support.memory_ledger import MemoryLedgerStore

Play = Callable[[Gate], None]
# To shrink an example of thousands of operations takes minutes, and helps little: it is not done.
examples = settings(
    max_examples=settings().max_examples // 8,  # each takes seconds
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


_turns = st.one_of(st.integers(1, 3), st.integers(1, 40))
scripts = st.lists(st.tuples(st.integers(0, 3), _turns), min_size=8, max_size=30)
"""Who plays for how many turns: long pauses are where a process is overtaken."""


def crashes_of(actors: int) -> st.SearchStrategy[dict[int, int]]:
    """Draw after how many turns which actors crash."""
    return st.dictionaries(st.integers(0, actors - 1), st.integers(20, 100), max_size=actors - 1)


@contextmanager
def fresh_database(client: MongoClient[Document]) -> Iterator[Database[Document]]:
    """Make a database for one example."""
    database = client.get_database(f"test_{uuid4().hex}", codec_options=CODEC)
    apply_migrations(database)
    try:
        yield database
    finally:
        client.drop_database(database.name)


def follower(database: Database[Document], ledger: MemoryLedgerStore, events_a_batch: int) -> Play:
    """Play a process that catches up."""

    def play(gate: Gate) -> None:
        gated = cast("Database[Document]", GatedDatabase(database, gate))
        MongoViews(gated, ledger, locate, events_a_batch=events_a_batch).catch_up()

    return play


def rebuilder(database: Database[Document], ledger: MemoryLedgerStore) -> Play:
    """Play a process that replays; a replay that begins later takes precedence over it."""

    def play(gate: Gate) -> None:
        gated = cast("Database[Document]", GatedDatabase(database, gate))
        try:
            MongoViews(gated, ledger, locate).rebuild()
        except EnvironmentFaultError as error:
            assert "Another replay" in str(error)  # noqa: PT017  # any other fault is the test's to see

    return play


def writer(ledger: MemoryLedgerStore, more: MemoryLedgerStore) -> Play:
    """Play a process that records the rest of the events."""

    def play(gate: Gate) -> None:
        for recorded in more.events[len(ledger.events) :]:
            gate()
            ledger.events.append(recorded)

    return play


@pytest.mark.fuzz
@examples
@given(
    whole=ledgers(deeds=25),
    known=st.sampled_from([10, 1000]),
    batches=st.tuples(st.integers(2, 12), st.integers(2, 40)),
    script=scripts,
    crashes=crashes_of(3),
    rebuilds=st.booleans(),
)
def test_followers_and_rebuilds_crashed_anywhere_end_in_the_naive_fold(
    mongodb_client: MongoClient[Document],
    whole: MemoryLedgerStore,
    known: int,
    batches: tuple[int, int],
    script: list[tuple[int, int]],
    crashes: Mapping[int, int],
    rebuilds: bool,  # noqa: FBT001  # hypothesis passes by name
) -> None:
    """Two followers, a rebuild and a growing ledger, interleaved and killed at will, converge."""
    ledger = MemoryLedgerStore()
    ledger.events = whole.events[:known]
    with fresh_database(mongodb_client) as database:
        plays = [follower(database, ledger, size) for size in batches]
        plays.append(rebuilder(database, ledger) if rebuilds else follower(database, ledger, 3))
        failures = interleave([*plays, writer(ledger, whole)], script, crashes)
        assert failures == []

        views = MongoViews(database, whole, locate)
        assert views.catch_up() == whole.head()
        assert stored_documents(database) == naive_views(whole.events)
        for view in views.rebuild():
            assert view.digest_before == view.digest_after
        assert stored_documents(database) == naive_views(whole.events)
        assert len(generations(database)) == len(VIEWS)


@pytest.mark.fuzz
@examples
@given(
    ledger=ledgers(deeds=12),
    script=scripts,
    crashes=crashes_of(2),
)
def test_two_rebuilds_at_once_leave_whole_views(
    mongodb_client: MongoClient[Document],
    ledger: MemoryLedgerStore,
    script: list[tuple[int, int]],
    crashes: Mapping[int, int],
) -> None:
    """Of two rebuilds the later one wins, and neither leaves a view with holes."""
    with fresh_database(mongodb_client) as database:
        MongoViews(database, ledger, locate).catch_up()
        plays = [rebuilder(database, ledger), rebuilder(database, ledger), follower(database, ledger, 4)]
        assert interleave(plays, script, crashes) == []
        assert stored_documents(database) == naive_views(ledger.events)


@pytest.mark.fuzz
@examples
@given(ledger=ledgers(deeds=20), buffered=st.integers(1, 5), batch=st.integers(1, 5))
def test_rebuilding_with_small_buffers_gives_the_same_digests(
    mongodb_client: MongoClient[Document], ledger: MemoryLedgerStore, buffered: int, batch: int
) -> None:
    """However often a rebuild has to write its buffer, the documents are those of the live views."""
    small: dict[str, Any] = {"CHANGES_BUFFERED": buffered, "EVENTS_A_BATCH": batch}
    with fresh_database(mongodb_client) as database, patch.multiple(rebuild, **small):
        views = MongoViews(database, ledger, locate)
        views.catch_up()
        for view in views.rebuild():
            assert view.digest_before == view.digest_after
        assert stored_documents(database) == naive_views(ledger.events)
