"""The journal: what it holds, what it survives, and what it finds."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.ports.ledger import LedgerProblem
from domain.errors import IntegrityFaultError, LedgerCutError
from domain.ledger import UserLedger
from infrastructure.journal.journal import FolderJournal
from infrastructure.journal.reading import Fault, Reading
from infrastructure.journal.segments import Segments
from tests.support.house import House
from tests.support.intruder import Intruder
from tests.support.program import PROJECT

ALICE = UserLedger.create_id("alice").hex
BOB = UserLedger.create_id("bob").hex


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with the events of two users, journaled."""
    house = House(tmp_path)
    for number in range(4):
        house.upload(f"{number}.csv")
        house.upload(f"{number}.csv", user_id="bob")
    house.journal.catch_up()
    return house


@pytest.fixture
def intruder(house: House) -> Iterator[Intruder]:
    """Return an intruder of that house."""
    intruder = Intruder(house.folder)
    yield intruder
    intruder.close()


def segments(house: House) -> list[Path]:
    """Return the journal's files."""
    return [extent.path for extent in Segments(house.folder / "journal").extents()]


def found(house: House, user_id: str | None = None) -> list[LedgerProblem]:
    """Return what the journal finds."""
    return list(house.journal.examine(user_id))


def kinds(problems: list[LedgerProblem]) -> set[tuple[str | None, int | None, str]]:
    """Return user, sequence and kind of each problem."""
    return {(problem.user_id, problem.sequence, problem.kind) for problem in problems}


def test_every_line_is_a_stored_event_as_it_is_stored(house: House) -> None:
    """Position, ledger, version, topic, state and digest are the database's, byte for byte, in order."""
    database = sqlite3.connect(house.folder / "ledger" / "ledger.db")
    rows = database.execute(
        "SELECT rowid, originator_id, originator_version, topic, CAST(state AS TEXT), lower(hex(digest)) "
        "FROM stored_events JOIN event_digests USING (originator_id, originator_version) ORDER BY rowid"
    ).fetchall()
    database.close()
    lines = [
        json.loads(line) for path in segments(house) for line in path.read_text("utf-8").splitlines()[1:]
    ]
    fields = ("position", "ledger", "version", "topic", "state", "digest")
    assert [tuple(line[name] for name in fields) for line in lines] == rows
    assert [line["number"] for line in lines] == list(range(1, len(rows) + 1))


def test_personal_fields_stay_sealed(house: House) -> None:
    """Neither names nor user ids stand in the journal."""
    house.upload("secret-diary.csv")
    house.journal.catch_up()
    content = b"".join(path.read_bytes() for path in segments(house))
    assert b"secret-diary" not in content
    assert b"alice" not in content


def test_full_segments_are_sealed_and_chained(house: House) -> None:
    """A full file is followed by one that names its digest; an edit of a sealed one is found."""
    assert len(segments(house)) > 1
    assert found(house) == []
    first = segments(house)[0]
    assert first.stat().st_mode & 0o222 == 0
    first.chmod(0o600)
    first.write_bytes(first.read_bytes().replace(b'"version":2', b'"version":3', 1))
    assert any("segment 2, line 1" in problem.detail for problem in found(house))


def test_a_segment_taken_out_of_the_middle_is_found_and_what_it_held_is_named(house: House) -> None:
    """The gap, the segment after it that follows on nothing, and the events without a line."""
    for number in range(8):
        house.upload(f"more-{number}.csv")
    house.journal.catch_up()
    taken, *rest = segments(house)[1:]
    assert rest
    taken.unlink()
    problems = found(house)
    details = [problem.detail for problem in problems]
    assert "segment 2: the segment is missing" in details
    assert any(
        detail.startswith("segment 3, line 1: the segment before is not the one") for detail in details
    )
    assert "unwitnessed" in {problem.kind for problem in problems}


def test_it_goes_on_after_a_kill_at_any_byte(house: House, tmp_path: Path) -> None:
    """Whatever a killed writer left of its last line, the next one mends it (every ninth byte)."""
    whole = segments(house)[-1].read_bytes()
    before_last = whole[:-1].rindex(b"\n") + 1
    for kept in range(before_last, len(whole), 9):
        other = tmp_path / "killed"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(house.folder / "journal", other)
        torn = other / segments(house)[-1].name
        torn.write_bytes(whole[:kept])
        faults = [line for line in Reading(Segments(other).extents()) if isinstance(line, Fault)]
        assert [fault.is_torn for fault in faults] == ([True] if kept > before_last else [])
        Intruder(house.folder).forget_followers()  # the position is noted after the line is written
        FolderJournal(other, house.store, house.clock, segment_bytes=4000).catch_up()
        assert torn.read_bytes() == whole


def test_writers_that_are_killed_lose_nothing(tmp_path: Path) -> None:
    """Three processes write one journal and are killed at random; what comes out is sound and whole."""
    house = House(tmp_path)
    code = (
        "import sys; from pathlib import Path; from tests.support.house import House\n"
        "house = House(Path(sys.argv[1])); number = 0\n"
        "while True:\n"
        "    house.upload(f'{number}.csv', user_id=sys.argv[2]); house.journal.catch_up(); number += 1\n"
    )
    house.upload("first.csv")
    for life_s in (1.5, 1.0):
        command = [sys.executable, "-c", code, str(tmp_path)]
        writers = [
            subprocess.Popen([*command, user], cwd=PROJECT, env={**os.environ}) for user in ("a", "b", "c")
        ]
        killers = [threading.Timer(life_s + 0.3 * n, writer.kill) for n, writer in enumerate(writers)]
        for killer in killers:
            killer.start()
        for writer in writers:
            writer.wait(timeout=60)
    assert house.journal.catch_up() == house.store.head()
    assert found(house) == []
    assert house.journal.status().events == house.store.head()


def test_an_event_that_breaks_the_chain_is_not_witnessed(house: House, intruder: Intruder) -> None:
    """What was tampered with before it was journaled stops the journal, which says so; verify, too."""
    house.upload("late.csv")
    head = house.store.head()
    intruder.database.execute("UPDATE stored_events SET state = '{}' WHERE rowid = ?", (head,))
    with pytest.raises(IntegrityFaultError, match=f"position {head} does not match its digest"):
        house.journal.catch_up()
    assert house.journal.status().position == head - 1
    assert any(f"position {head}" in problem.detail for problem in found(house))


def test_a_sound_ledger_has_nothing_to_fear(house: House) -> None:
    """Nothing is found while nobody tampers, of one user or of all, and what is new is taken in."""
    house.upload("new.csv")
    assert found(house) == found(house, "alice") == []
    assert house.journal.status().position == house.store.head()


def test_audit_11_a_cut_tail_is_found_and_named(house: House, intruder: Intruder) -> None:
    """Events, digests and counter of the end removed: each user's lost events are named."""
    intruder.cut_tail(keep=house.store.head() - 3)
    assert house.store.verify_chain().problems == ()
    with pytest.raises(LedgerCutError):
        house.journal.catch_up()
    assert {("alice", 6, "gone"), ("bob", 5, "gone")} <= kinds(found(house))


def test_audit_11_a_cut_tail_that_grew_again_is_found(house: House, intruder: Intruder) -> None:
    """New events at the positions of removed ones do not pass for them."""
    intruder.cut_tail(keep=house.store.head() - 2)
    house_again = House(house.folder)
    house_again.upload("new.csv", user_id="carol")
    house_again.upload("new.csv", user_id="carol")
    with pytest.raises(IntegrityFaultError, match="is not the one that its journal ends with"):
        house_again.journal.catch_up()
    assert "altered" in {problem.kind for problem in found(house_again)}


def test_audit_11_a_deleted_ledger_is_found_and_named(house: House, intruder: Intruder) -> None:
    """A whole ledger with its digests removed, the rest renumbered: the user is named."""
    intruder.delete_ledger(BOB)
    assert house.store.verify_chain().problems == ()
    assert any(p.user_id == "bob" and p.kind in {"gone", "altered"} for p in found(house))


def test_audit_11_a_rewritten_middle_is_found_and_named(house: House, intruder: Intruder) -> None:
    """A changed field with all digests made anew: the journal names the first event that differs."""
    intruder.rewrite(5, '"size_bytes":8', '"size_bytes":9')
    problems = found(house)
    assert ("alice", 3, "altered") in kinds(problems)
    assert not any(problem.user_id == "bob" for problem in problems)


def test_a_removed_journal_is_found(house: House) -> None:
    """A journal that had come further than it goes is not begun anew in silence."""
    shutil.rmtree(house.folder / "journal")
    assert any("cut or removed" in problem.detail for problem in found(house))
    aside = house.journal.renew()
    assert Path(aside).is_dir()
    assert found(house) == []


def test_a_renewal_killed_between_old_and_new_is_finished_by_whoever_comes_next(house: House) -> None:
    """The old journal is set aside, the new one has no name yet: nobody is told that it was removed."""
    house.upload("a.csv")
    house.journal.catch_up()
    journal = house.folder / "journal"
    journal.rename(house.folder / "journal.renewing")
    house.upload("b.csv")
    assert house.journal.catch_up() == house.store.head()
    assert house.verify().ok
    assert journal.is_dir()
    assert not (house.folder / "journal.renewing").exists()


def test_a_renewed_journal_is_the_same_and_the_old_one_is_kept(house: House) -> None:
    """From an untouched ledger the new journal is byte for byte the old one."""
    before = [path.read_bytes() for path in segments(house)]
    aside = house.journal.renew()
    assert [path.read_bytes() for path in segments(house)] == before
    assert [extent.path.read_bytes() for extent in Segments(Path(aside)).extents()] == before


def test_a_damaged_last_line_is_left_alone(house: House) -> None:
    """A whole line that is not the journal's is damage, which no writer repairs."""
    last = segments(house)[-1]
    last.write_bytes(last.read_bytes() + b"{}\n")
    with pytest.raises(IntegrityFaultError, match=r"last line in .* is damaged"):
        house.journal.catch_up()
    assert last.read_bytes().endswith(b"{}\n")
    assert len(found(house)) >= 2
