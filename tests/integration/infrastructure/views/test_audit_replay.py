"""Rows 14, 15, 17, 18 and 20 of the table of audit features; 16 and 19 are in `test_rebuild`."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest
from pymongo.database import Database

from application.audit import fold
from application.ports.views import RebuiltView, Watch
from domain.errors import ReplayCancelledError
from domain.ledger import UserLedger
from infrastructure.views import rebuild
from infrastructure.views.client import Document
from infrastructure.views.mongo_views import MongoViews
from infrastructure.views.state import StateStore
from tests.integration.infrastructure.views.interleaving import GatedDatabase, Tripwire
from tests.integration.infrastructure.views.killed_rebuild import SMALL, told
from tests.integration.infrastructure.views.observing import (
    VIEWS,
    generations,
    live_collection,
    snapshot,
    stored_documents,
)
from tests.integration.infrastructure.views.stories import Story, locate, naive_views
from tests.support.determinism import NondeterminismError, deterministic
from tests.support.fault_table import record
from tests.support.house import House
from tests.support.sweep import steps

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def story() -> Story:
    """Tell of files that stay and go, and of runs."""
    return told()


@pytest.fixture
def views(database: Database[Document], story: Story) -> MongoViews:
    """Follow it to its head."""
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    return views


def forge_names(database: Database[Document]) -> None:
    """Give every file of the live view another name."""
    files = database[live_collection(database, "user_files")]
    for document in files.find({"filename": {"$exists": True}}):
        files.update_one({"_id": document["_id"]}, {"$set": {"filename": "forged.csv"}})


def names(views: MongoViews) -> set[str]:
    """Return the names that a reader sees."""
    return {file.filename for file in views.files_of("alice").files}


def test_audit_14_readers_see_the_old_view_or_the_new_one_at_every_step(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """Between any two steps of a rebuild a reader's list is wholly old, or from some step on wholly new."""
    forge_names(database)
    seen: list[set[str]] = []
    gated = cast("Database[Document]", GatedDatabase(database, lambda: seen.append(names(views))))
    MongoViews(gated, story.store, locate).rebuild()
    seen.append(names(views))
    turn = seen.index({"a.csv", "out0.png"})
    assert seen == [{"forged.csv"}] * turn + [{"a.csv", "out0.png"}] * (len(seen) - turn)
    assert turn > 10


def test_audit_14_a_swap_in_the_midst_of_a_reading_gives_no_mix(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """Whichever of the reader's steps the swap comes before, its list is wholly old or wholly new."""
    for step in steps():
        forge_names(database)
        gate = Tripwire(step, views.rebuild)
        reader = MongoViews(cast("Database[Document]", GatedDatabase(database, gate)), story.store, locate)
        assert names(reader) in ({"forged.csv"}, {"a.csv", "out0.png"})
        if not gate.was_reached:
            break
    assert step > 3


class SideEffects:
    """What the interpreter is about to do to the world, as its audit hook tells it."""

    _OUTSIDE = ("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "shutil.", "smtplib.")
    _ON_DISK = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink")

    def __init__(self) -> None:
        self.is_watching = False
        self.seen: list[tuple[Any, ...]] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.is_watching and self._counts(event, args):
            self.seen.append((event, *args))

    def _counts(self, event: str, args: tuple[Any, ...]) -> bool:
        if event == "open":
            return bool(args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        return event == "socket.connect" or event.startswith((*self._OUTSIDE, *self._ON_DISK))


def test_audit_15_a_replay_touches_nothing_but_the_views(
    database: Database[Document], mongodb_uri: str, tmp_path: Path
) -> None:
    """No file is written or removed, no program started, nobody but MongoDB called, no policy moved."""
    house = House(tmp_path)
    for number in range(5):
        house.upload(f"{number}.csv")
    views = MongoViews(database, house.store, house.blobs.locate)
    views.catch_up()
    before = (house.store.head(), house.store.policy_position("purge"), house.on_disk())
    effects = SideEffects()
    effects.is_watching = True
    views.rebuild()
    effects.is_watching = False
    called = {f"{seen[2][0]}:{seen[2][1]}" for seen in effects.seen if seen[0] == "socket.connect"}
    assert all(address in mongodb_uri for address in called)
    assert [seen for seen in effects.seen if seen[0] != "socket.connect"] == []
    assert (house.store.head(), house.store.policy_position("purge"), house.on_disk()) == before
    effects.is_watching = True
    (tmp_path / "written").write_text("something")
    effects.is_watching = False
    assert effects.seen[-1][0] == "open"


@pytest.mark.parametrize(
    "peek",
    [
        time.time,
        time.monotonic,
        lambda: datetime.now(UTC),
        random.random,
        random.SystemRandom().random,
        uuid.uuid4,
        lambda: os.urandom(8),
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: Path("/etc/hostname").read_text(),
    ],
)
def test_audit_17_a_projection_that_looks_elsewhere_is_caught(
    database: Database[Document], story: Story, peek: Callable[[], object]
) -> None:
    """Clock, randomness, network and files raise inside a projection; every test of the views runs so."""

    def locate_strangely(user_id: str, name: str) -> str:
        return f"{peek()}{user_id}{name}"

    with pytest.raises(NondeterminismError, match="was called"):
        MongoViews(database, story.store, locate_strangely).rebuild()


def test_audit_17_a_ledger_is_folded_without_looking_elsewhere(story: Story) -> None:
    """What an aggregate makes of its events depends on them alone, too."""
    events = [recorded.event for recorded in story.store.events if "alice" in recorded.event.actor]
    with deterministic():
        ledger = fold(events)
    assert ledger is not None
    assert len(ledger.files) == 4


def test_audit_17_two_hash_seeds_give_the_same_documents() -> None:
    """The order of sets and dicts, which differs from process to process, does not reach a document."""
    program = (
        "from tests.integration.infrastructure.views.killed_rebuild import told\n"
        "from infrastructure.views import folding, owners, projections as p\n"
        "from infrastructure.views.digest import canonical_line\n"
        "from tests.integration.infrastructure.views.stories import locate\n"
        "story = told()\n"
        "for projection in (p.FileProjection(locate), p.QuotaProjection(), p.ExecutionProjection()):\n"
        "    fold = folding.Fold(projection, owners.Owners(story.store), lambda keys: [])\n"
        "    fold.take(story.store.events)\n"
        "    for key, change in fold.changes.items(): print(key, canonical_line(change.document or {}))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": os.environ["PATH"]},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert len(printed.pop().splitlines()) > len(VIEWS)


def test_audit_18_a_dry_run_tells_what_differs_and_mends_nothing(
    views: MongoViews, database: Database[Document]
) -> None:
    """Documents that are missing, altered or too many are counted and named, their content is not shown."""
    files = database[live_collection(database, "user_files")]
    first, second, *_ = files.find({"user_id": "alice"})
    files.delete_one({"_id": first["_id"]})
    files.update_one({"_id": second["_id"]}, {"$set": {"filename": "forged.csv", "file_size": 1}})
    files.insert_one({**first, "_id": "zzzz", "file_id": "zzzz"})
    before = snapshot(database)
    found = {view.name: view.difference for view in views.rebuild(dry_run=True)}
    assert snapshot(database) == before
    difference = found["user_files"]
    assert (difference.missing, difference.altered, difference.surplus) == (1, 1, 1)
    assert difference.examples == (
        f"{first['_id']}: missing",
        f"{second['_id']}: file_size, filename altered",
        "zzzz: should not be there",
    )
    assert found["user_quotas"].examples == found["executions"].examples == ()
    views.rebuild()
    assert all(view.difference.examples == () for view in views.rebuild(dry_run=True))


def digests(rebuilt: Sequence[RebuiltView]) -> dict[str, str]:
    """Return the digests of rebuilt views by name."""
    return {view.name: view.digest_after for view in rebuilt}


def resumed_rebuild(views: MongoViews) -> tuple[dict[str, str], int]:
    """Rebuild and return the digests, and how many events an interrupted rebuild had done."""
    done: list[int] = []
    with patch.multiple(rebuild, **SMALL):
        rebuilt = views.rebuild(watch=Watch(on_progress=lambda seen, _total: done.append(seen)))
    return digests(rebuilt), done[0]


def test_audit_20_a_rebuild_killed_before_any_step_is_gone_on_with(
    views: MongoViews, database: Database[Document], story: Story, mongodb_uri: str
) -> None:
    """SIGKILL at every step: the views stay whole, and the next rebuild ends in the same digests."""
    expected, _ = resumed_rebuild(views)
    module = "tests.integration.infrastructure.views.killed_rebuild"
    command = [sys.executable, "-m", module, mongodb_uri, database.name]
    resumed, kills = set[int](), 0
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin
        assert program.stdout
        for step in steps():
            print(step, file=program.stdin, flush=True)
            ended = int(program.stdout.readline())
            assert ended in {0, -signal.SIGKILL}
            assert stored_documents(database) == naive_views(story.store.events), f"killed at step {step}"
            if ended == 0:
                break
            kills += 1
            got, events = resumed_rebuild(views)
            assert got == expected, f"killed at step {step}"
            resumed.add(events)
        program.stdin.close()
    assert step > 30
    assert len(resumed) > 2
    assert stored_documents(database) == naive_views(story.store.events)
    record(
        "SIGKILL before a question to MongoDB",
        "rebuild in small batches, gone on with",
        times=kills,
        acknowledged=kills * len(story.store.events),
        recovers="`fileledger replay` again, which goes on where it was",
    )
    assert len(generations(database)) == len(VIEWS)


@pytest.mark.parametrize("small", [SMALL, {"EVENTS_A_BATCH": 3}])
def test_audit_20_a_rebuild_cancelled_after_any_batch_is_gone_on_with(
    views: MongoViews, database: Database[Document], story: Story, small: dict[str, Any]
) -> None:
    """Cancelled again and again it does nothing twice, and ends in the same documents."""
    expected, _ = resumed_rebuild(views)
    reached: list[int] = []
    watch = Watch(lambda done, _total: reached.append(done), is_cancelled=lambda: True)
    rebuilt: Sequence[RebuiltView] = ()
    while not rebuilt:
        before = snapshot(database)["view_state"]
        try:
            with patch.multiple(rebuild, **small):
                rebuilt = views.rebuild(watch=watch)
        except ReplayCancelledError as stopped:
            assert "replay` again" in str(stopped)  # noqa: PT017  # each cancellation has to say so
            assert snapshot(database)["view_state"] == before
            assert len(reached) < 50, "it does not come further"
    assert reached == sorted(reached)
    assert digests(rebuilt) == expected
    assert stored_documents(database) == naive_views(story.store.events)


def test_an_interrupted_rebuild_of_other_code_is_not_gone_on_with(
    views: MongoViews, database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a view of one version is not finished by another: it begins anew."""
    expected, _ = resumed_rebuild(views)
    with pytest.raises(ReplayCancelledError):
        views.rebuild(watch=Watch(is_cancelled=lambda: True))
    assert StateStore(database).load().unfinished is not None
    monkeypatch.setattr(rebuild, "recipe", lambda: "another")
    assert resumed_rebuild(views) == (expected, 0)
    assert len(generations(database)) == len(VIEWS)


def test_a_dry_run_that_is_cancelled_leaves_nothing(views: MongoViews, database: Database[Document]) -> None:
    """What can never be swapped in is not kept."""
    before = snapshot(database)
    with pytest.raises(ReplayCancelledError, match="as they were"):
        views.rebuild(dry_run=True, watch=Watch(is_cancelled=lambda: True))
    assert snapshot(database) == before


def test_what_an_interrupted_rebuild_left_goes_with_the_user_who_is_forgotten(
    views: MongoViews, database: Database[Document], story: Story
) -> None:
    """Half a view names people, too."""
    with pytest.raises(ReplayCancelledError):
        views.rebuild(watch=Watch(is_cancelled=lambda: True))
    assert len(generations(database)) == 2 * len(VIEWS)
    views.forget(UserLedger.create_id("alice"), story.store.head() + 1)
    assert len(generations(database)) == len(VIEWS)
    assert resumed_rebuild(views)[1] == 0
