"""Looks of operators at users' histories, over the real ledger."""

from pathlib import Path

import pytest

from application.audit import HistoryFilter, ReadHistory
from application.looks import RecordLook
from application.operators import AuditUser, NotOperatorError, Operators
from domain.errors import InvalidValueError, NoSuchFileError
from domain.events import HistoryRead
from domain.reading import ReadMatter
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice uploaded three files."""
    house = House(tmp_path)
    for number in range(3):
        house.upload(f"{number}.csv")
    return house


@pytest.fixture
def audit(house: House) -> AuditUser:
    """Return what lets `root` look."""
    look = RecordLook(house.store, house.ledgers)
    return AuditUser(Operators(frozenset({"root"})), ReadHistory(house.store), look)


def reads(house: House) -> list[HistoryRead]:
    """Return the looks at alice's history that she sees."""
    events = [recorded.event for recorded in ReadHistory(house.store)("alice").events]
    return [event for event in events if isinstance(event, HistoryRead)]


def test_audit_30_a_look_is_recorded_with_who_and_what(house: House, audit: AuditUser) -> None:
    """The newest page, then the one before it."""
    newest = audit("root", "alice", 2)
    older = audit("root", "alice", 2, before=3)

    assert [recorded.event.originator_version for recorded in newest.events] == [3, 4]
    assert [recorded.event.originator_version for recorded in older.events] == [1, 2]
    spans = [(read.actor, read.first_sequence, read.last_sequence) for read in reads(house)]
    assert spans == [("admin:root", 3, 4), ("admin:root", 1, 2)]


def test_files_and_list_are_untouched_by_a_look(house: House, audit: AuditUser) -> None:
    """Reading changes nothing but the history."""
    before = house.listed()

    audit("root", "alice", 100)

    assert house.listed() == before


def test_who_is_no_operator_reads_nothing(house: House, audit: AuditUser) -> None:
    """Nor is anything recorded, one's own history included."""
    for reader in ("alice", "bob"):
        with pytest.raises(NotOperatorError):
            audit(reader, "alice", 100)

    assert reads(house) == []


def test_a_look_at_nobody_opens_no_ledger(house: House, audit: AuditUser) -> None:
    """There is nothing to read, and nobody to tell."""
    with pytest.raises(InvalidValueError, match="Nothing is recorded"):
        audit("root", "nobody", 100)

    assert house.store.load("nobody") is None


def test_who_looked_is_personal_and_stored_under_the_users_key(house: House, audit: AuditUser) -> None:
    """No reader of the stored bytes learns it."""
    audit("root", "alice", 100)

    stored = b"".join(path.read_bytes() for path in (house.folder / "ledger").iterdir() if path.is_file())

    assert b"HistoryRead" in stored
    assert b"admin:root" not in stored


def test_audit_30_the_owner_is_shown_who_looked_at_what(house: House) -> None:
    """Every matter that can be looked at is an event of the owner's ledger, with its reader."""
    look = RecordLook(house.store, house.ledgers)
    for what in ReadMatter:
        look("root", "alice", what)
    shown = [(read.actor, read.what, read.first_sequence) for read in reads(house)]
    assert shown == [("admin:root", what, 1) for what in ReadMatter]
    assert [read.last_sequence for read in reads(house)] == list(range(4, 4 + len(ReadMatter)))


def test_audit_30_turning_pages_comes_to_an_end(house: House) -> None:
    """A page of nothing but one's own looks is no further look; somebody else's is told."""
    look, read, cursor, pages = RecordLook(house.store, house.ledgers), ReadHistory(house.store), 0, 0
    while True:
        page = read("alice", HistoryFilter(after=cursor, limit=1))
        look.at_page("root", page)
        pages += 1
        if page.next is None:
            break
        cursor = page.next
    assert pages == 8
    assert len(reads(house)) == 4
    look.at_page("eve", page)
    assert [event.actor for event in reads(house)][-1] == "admin:eve"


def test_audit_30_a_look_at_a_file_is_told_to_its_owner(house: House) -> None:
    """Nothing is recorded of one's own look, and a file that never was is said not to be."""
    look, file_id = (
        RecordLook(house.store, house.ledgers),
        next(iter(house.list_files("alice").files)).file_id,
    )
    look.at_file("alice", file_id, ReadMatter.REASONS)
    assert reads(house) == []
    look.at_file("root", file_id, ReadMatter.PROVENANCE)
    assert [(event.actor, event.what) for event in reads(house)] == [("admin:root", ReadMatter.PROVENANCE)]
    with pytest.raises(NoSuchFileError):
        look.at_file("root", "aaaaaaaaaaaa", ReadMatter.REASONS)
