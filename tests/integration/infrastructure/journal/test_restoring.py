"""Restoring: the ledger from its journal alone."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from application.ports.journal import RestoreReport
from domain.errors import IntegrityFaultError, InvalidValueError, RefusedError
from infrastructure.journal.restoring import JournalRestorer
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.restoration import NewSQLiteLedger
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with several segments of events, journaled."""
    house = House(tmp_path / "first")
    for number in range(24):
        house.upload(f"{number}.csv")
    house.upload("b.csv", user_id="bob")
    house.purge.catch_up()
    house.journal.catch_up()
    return house


def restore(source: Path, folder: Path) -> RestoreReport:
    """Restore a journal into a data folder."""
    ledger = NewSQLiteLedger(folder / "ledger" / "ledger.db")
    return JournalRestorer(ledger, folder / "journal", KeyFolder(folder / "keys"))(source)


def stored(house: House) -> list[Any]:
    """Return every row of events and digests, as stored, and the counter."""
    database = sqlite3.connect(house.folder / "ledger" / "ledger.db")
    selects = (
        "SELECT * FROM stored_events",
        "SELECT * FROM event_digests",
        "SELECT * FROM sqlite_sequence WHERE name = 'stored_events'",
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ('stored_events', 'event_digests')",
    )
    rows = [database.execute(select).fetchall() for select in selects]
    database.close()
    return rows


def journal_of(house: House) -> list[bytes]:
    """Return the journal's files, byte for byte."""
    return [path.read_bytes() for path in sorted((house.folder / "journal").iterdir())]


def test_audit_11_a_ledger_comes_back_from_its_journal_byte_for_byte(house: House, tmp_path: Path) -> None:
    """Rows, digests, triggers and a journal of the restored ledger are the same, and it goes on."""
    other = House(tmp_path / "second")
    report = restore(house.folder / "journal", other.folder)
    assert (report.events, report.ledgers, report.without_key, report.torn) == (
        house.store.head(),
        2,
        2,
        False,
    )
    assert stored(other) == stored(house)
    other.journal.catch_up()
    assert journal_of(other) == journal_of(house)
    for name in ("keys", "user_files"):
        shutil.copytree(house.folder / name, other.folder / name)
    assert other.verify().problems == ()
    assert other.store.load("alice") == house.store.load("alice")
    other.upload("goes on.csv")
    assert other.verify().problems == ()


def test_a_ledger_comes_back_where_it_was(house: House) -> None:
    """A data folder that lost its database restores from its own journal."""
    before = stored(house)
    house.store.close()
    shutil.rmtree(house.folder / "ledger")
    assert restore(house.folder / "journal", house.folder).without_key == 0
    assert stored(house) == before
    assert House(house.folder).verify().problems == ()


def test_without_keys_personal_fields_stay_sealed(house: House, tmp_path: Path) -> None:
    """The journal gives back what is stored, not what only the key opens, and verify says so."""
    other = House(tmp_path / "second")
    restore(house.folder / "journal", other.folder)
    assert {problem.kind for problem in other.verify().problems} == {"key"}


def test_a_ledger_that_is_there_is_never_overwritten(house: House, tmp_path: Path) -> None:
    """A data folder with a ledger or another journal is refused and left as it is."""
    other = House(tmp_path / "second")
    other.upload("mine.csv")
    other.journal.catch_up()
    before = stored(other)
    with pytest.raises(RefusedError, match="There is a ledger"):
        restore(house.folder / "journal", other.folder)
    assert stored(other) == before
    other.store.close()
    shutil.rmtree(other.folder / "ledger")
    with pytest.raises(RefusedError, match="another journal"):
        restore(house.folder / "journal", other.folder)


def test_a_damaged_journal_restores_nothing(house: House, tmp_path: Path) -> None:
    """The fault is named and no half of a ledger is left, so a sound copy can be restored after it."""
    copy, target = tmp_path / "copy", tmp_path / "second"
    shutil.copytree(house.folder / "journal", copy)
    segment = sorted(copy.iterdir())[1]
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.chmod(0o600)
    segment.write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises(IntegrityFaultError, match="segment 2, line 4"):
        restore(copy, target)
    assert not (target / "ledger").exists()
    assert restore(house.folder / "journal", target).events == house.store.head()


def test_a_torn_last_line_is_left_out_and_said(house: House, tmp_path: Path) -> None:
    """A copy taken in the midst of a write restores to the last whole line."""
    copy = tmp_path / "copy"
    shutil.copytree(house.folder / "journal", copy)
    last = max(copy.iterdir())
    last.write_bytes(last.read_bytes()[:-7])
    report = restore(copy, tmp_path / "second")
    assert (report.events, report.torn) == (house.store.head() - 1, True)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    """An empty folder, or none, is no journal."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InvalidValueError, match="no journal"):
            restore(folder, tmp_path / "data")
