"""Bytes that change, or go, where they lie: files, pages of the ledger, documents of the views."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import sample

import pytest
from pymongo.collection import Collection
from pymongo.database import Database

from application.fsck import Action, Fsck
from domain.errors import FileLedgerError
from infrastructure.journal.restoring import JournalRestorer
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.restoration import NewSQLiteLedger
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.settings import load_settings
from infrastructure.views.client import Document
from infrastructure.views.mongo_views import MongoViews
from interfaces.wiring import Wiring
from tests.integration.infrastructure.views.observing import live_collection, stored_documents
from tests.integration.infrastructure.views.stories import Story, locate, naive_views
from tests.support.fault_table import record
from tests.support.faulty_disk import UNREADABLE, on_faulty_disk
from tests.support.house import House
from tests.support.sweep import STRIDE

CONTENT = b"a,b\n1,2\n" * 100
PAGE_BYTES = 4096
DAMAGE = bytes(range(64))


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Keep the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink], ids=["flipped", "truncated", "missing"])
def test_a_damaged_file_is_found_and_the_repair_says_what_became_of_it(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """`verify` names it; `fsck --repair` takes a copy where there is one, and records the loss where not."""
    house = House(tmp_path)
    alone = house.upload("alone.csv", CONTENT).file.file_id
    twin, again = (house.upload(name, b"twice").file.file_id for name in ("twin.csv", "again.csv"))
    for file_id in (alone, twin):
        damage(house.folder / "user_files" / "alice" / f"{file_id}.csv")
    said = {problem.detail for problem in house.verify().problems}
    assert len(said) == 2
    fsck = Fsck(house.store, house.ledgers, house.blobs)
    fsck(repair=True)
    assert not fsck().damaged
    assert {file.file_id for file in house.list_files("alice").files} == {twin, again}
    _, content = house.open_file("alice", twin)
    with content:
        assert content.read() == b"twice"
    house.purge.catch_up()
    assert house.verify().ok
    record(
        f"blob {damage.__name__.replace('unlink', 'missing')}",
        "read",
        times=2,
        acknowledged=3,
        lost=1,
        says=min(said),
        recovers="`fileledger fsck --repair`: from a copy; what has none is recorded as lost",
    )


def test_a_file_on_a_broken_sector_is_named_and_the_others_are_checked(tmp_path: Path) -> None:
    """`verify` goes on; `fsck --repair` takes a copy where there is one, and else keeps the file as it is."""
    house = House(tmp_path)
    alone, twin, _, bobs = (
        house.upload(name, content, user_id=user).file
        for name, content, user in (
            ("alone.csv", CONTENT, "alice"),
            ("twin.csv", b"twice", "alice"),
            ("again.csv", b"twice", "alice"),
            ("bob.csv", CONTENT, "bob"),
        )
    )
    house.blobs.purge("bob", f"{bobs.file_id}.csv")
    fsck = Fsck(house.store, house.ledgers, house.blobs)
    broken = [house.folder / "user_files" / "alice" / f"{file.file_id}.csv" for file in (alone, twin)]

    verified = on_faulty_disk(UNREADABLE, 1, house.verify, *broken).result
    planned = on_faulty_disk(UNREADABLE, 1, fsck, *broken).result
    mended = on_faulty_disk(UNREADABLE, 1, partial(fsck, repair=True), *broken).result

    assert verified is not None
    assert planned is not None
    assert mended is not None
    assert sorted(problem.kind for problem in verified.problems) == ["blob_missing", *["blob_unreadable"] * 2]
    (said,) = (problem.detail for problem in verified.problems if alone.file_id in problem.detail)
    assert "alone.csv" in said
    assert {(step.action, step.damaged and step.damaged.file.file_id) for step in planned.plan} == {
        (Action.SET_ASIDE, twin.file_id),
        (Action.RESTORE, twin.file_id),
        (Action.RECORD_LOSS, bobs.file_id),
    }
    assert ([damaged.file.file_id for damaged in mended.left], mended.is_mended) == ([alone.file_id], False)
    assert fsck().is_mended
    assert len(house.list_files("alice").files) == 3
    record(
        "blob on a broken sector",
        "read",
        times=2,
        acknowledged=3,
        says=said,
        recovers="`fileledger fsck --repair`: from a copy; what has none stays, for the disk or a backup",
    )


def ledger_of(house: House) -> Path:
    """Return the database's file."""
    return house.folder / "ledger" / "ledger.db"


def test_a_damaged_page_of_the_ledger_is_found_and_the_journal_gives_everything_back(
    tmp_path: Path, database_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever page it is: clear words and no crash, `verify` finds it, `restore` brings all back."""
    monkeypatch.setenv("MONGODB_URI", database_uri)
    house = made_house(tmp_path / "made")
    expected = events_of(house)
    house.store.close()
    pages = range(ledger_of(house).stat().st_size // PAGE_BYTES)
    tried = pages if STRIDE == 1 else [0, *sample(pages[1:], 2)]
    said: set[str] = set()
    for page in tried:
        damaged = copied(house, tmp_path / f"page{page}")
        with ledger_of(damaged).open("r+b") as file:
            for place in (0, PAGE_BYTES // 2, PAGE_BYTES - len(DAMAGE)):
                file.seek(page * PAGE_BYTES + place)
                file.write(DAMAGE)
        said |= look_after(damaged, expected=expected)
    record(
        "SQLite pages overwritten",
        "any",
        times=len(tried),
        acknowledged=len(tried) * len(expected),
        says=min(said, key=len),
        recovers="`fileledger restore`",
    )


def test_a_damaged_write_ahead_log_is_found_and_the_journal_gives_everything_back(
    tmp_path: Path, database_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes what follows the damage for never written: the journal knows better."""
    monkeypatch.setenv("MONGODB_URI", database_uri)
    house = made_house(tmp_path / "made")
    wal = house.folder / "ledger" / "ledger.db-wal"
    expected, size_bytes = events_of(house), wal.stat().st_size
    assert size_bytes
    said: set[str] = set()
    tried = range(10) if STRIDE == 1 else (0, 9)
    for tenth in tried:
        damaged = copied(house, tmp_path / f"wal{tenth}")
        with (damaged.folder / "ledger" / "ledger.db-wal").open("r+b") as file:
            file.seek(size_bytes * tenth // 10)
            file.write(DAMAGE)
        said |= look_after(damaged, expected=expected)
    record(
        "SQLite write-ahead log overwritten",
        "any",
        times=len(tried),
        acknowledged=len(tried) * len(expected),
        says=min(said, key=len),
        recovers="`fileledger restore`",
    )


def alter(files: Collection[Document]) -> None:
    """Change a value to another of its kind."""
    files.update_one({"user_id": "alice"}, {"$set": {"user_id": "bob"}})


def lose(files: Collection[Document]) -> None:
    """Remove a document."""
    files.delete_one({"user_id": "alice"})


def add(files: Collection[Document]) -> None:
    """Add a document that no event made."""
    extra = files.find_one({"user_id": "alice"})
    assert extra is not None
    files.insert_one(extra | {"_id": "extra"})


@pytest.mark.parametrize(
    ("view", "damage"), [("user_files", lose), ("user_quotas", alter), ("executions", add)]
)
def test_a_damaged_view_is_told_by_its_digest_and_built_anew(
    database: Database[Document], view: str, damage: Callable[[Collection[Document]], None]
) -> None:
    """A dry replay tells; a replay mends it; what comes after is in it as if nothing had been."""
    story = Story()
    for user_id in ("alice", "bob"):
        story.upload(user_id)
        story.start(user_id)
    views = MongoViews(database, story.store, locate)
    views.catch_up()
    damage(database[live_collection(database, view)])
    (told,) = views.rebuild(view=view, dry_run=True)
    assert told.digest_before != told.digest_after
    story.upload("carol")
    views.catch_up()
    views.rebuild()
    story.finish("alice")
    views.catch_up()
    assert stored_documents(database) == naive_views(story.store.events)
    record(
        f"view document: {damage.__name__}",
        view,
        acknowledged=len(story.store.events),
        says="`fileledger replay --dry-run`: the digests differ",
        recovers="`fileledger replay`",
    )


def made_house(folder: Path) -> House:
    """Return a house with some dozens of events, all witnessed."""
    house = House(folder)
    for number in range(12):
        house.upload(f"{number}.csv", CONTENT, user_id=f"user{number % 3}")
    house.journal.catch_up()
    return house


def copied(house: House, folder: Path) -> House:
    """Return another house with a copy of everything."""
    shutil.copytree(house.folder, folder)
    return House(folder, house.policy, house.clock)


def events_of(house: House) -> list[object]:
    """Return all events, read anew."""
    store = SQLiteLedgerStore(ledger_of(house), KeyFolder(house.folder / "keys"))
    try:
        return [recorded.event for recorded in store.events_after(0, limit=1000)]
    finally:
        store.close()


def look_after(house: House, expected: list[object]) -> set[str]:
    """Use a damaged house, and mend it; return what it said of itself."""
    said = words_of_a_command(house)
    try:
        problems = {problem.detail for problem in house.verify().problems}
    except FileLedgerError as error:
        problems = {str(error)}
    with suppress(FileLedgerError):
        house.store.close()
    assert not any("\n" in words for words in said)
    if not problems:  # the damage lay where nothing is stored
        assert events_of(house)[: len(expected)] == expected
        return set()
    shutil.rmtree(house.folder / "ledger")
    keys, journal = KeyFolder(house.folder / "keys"), house.folder / "journal"
    JournalRestorer(NewSQLiteLedger(ledger_of(house)), journal, keys)(journal)
    assert events_of(house)[: len(expected)] == expected
    after = House(house.folder, house.policy, house.clock)
    after.recover()
    assert after.verify().ok, after.verify().problems
    after.store.close()
    return said | problems


def words_of_a_command(house: House) -> set[str]:
    """Upload and list as a command does; return what it complains of, in one line."""
    try:
        with Wiring(load_settings(house.folder)) as wiring:
            wiring.begin()
            wiring.upload("user1", "new.csv", [CONTENT], source="new")
            wiring.list_files("user1")
            wiring.settle()
    except FileLedgerError as error:
        return {str(error)}
    return set()
