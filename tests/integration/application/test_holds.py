"""Legal holds over real ledgers: a hold wins over expiry, eviction, deletion and erasure."""

from pathlib import Path

import pytest

from application.audit import ExplainFile
from application.ledgers import By
from domain.errors import HeldError, HeldFilesFullError, InvalidValueError, NoSuchFileError
from domain.events import HoldPlaced, HoldReleased
from domain.ledger import UserLedger
from domain.snapshot import LedgerSnapshot
from tests.support.house import House

OPERATOR = By("admin:root", "letter-17")
ALICE = UserLedger.create_id("alice")
A_WEEK_S = 7 * 24 * 3600


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with room for three uploads, which expire after two days."""
    return House(tmp_path / "house")


def test_audit_23_a_held_file_outlives_its_time_and_goes_when_it_is_released(house: House) -> None:
    """It stays in the list and on disk, usable; then the next expiry takes it."""
    held, free = house.upload("held.csv").file, house.upload("free.csv").file
    house.holds.place("alice", held.file_id, "a court asked", OPERATOR)
    house.clock.turn(A_WEEK_S)
    assert house.expire() == [free.file_id]
    house.purge.catch_up()
    assert house.list_files("alice").files == (held,)
    assert house.listed() == house.on_disk() == {f"{held.file_id}.csv"}
    house.open_file("alice", held.file_id)[1].close()
    assert house.expire() == []
    house.holds.release("alice", held.file_id, "case closed", OPERATOR)
    assert house.list_files("alice").files == ()
    assert house.expire() == [held.file_id]


def test_audit_23_a_held_file_is_not_evicted_the_next_oldest_is(house: House) -> None:
    """It counts all the same: the limit is never exceeded."""
    first, second = (house.upload(f"{number}.csv").file for number in range(2))
    house.upload("2.csv")
    house.holds.place("alice", first.file_id, "a court asked", OPERATOR)
    receipt = house.upload("3.csv")
    assert receipt.evicted == (second,)
    assert receipt.count == 3


def test_audit_23_when_all_files_are_held_an_upload_is_refused_and_says_why(house: House) -> None:
    """Nothing is recorded, no bytes are left; after a release there is room."""
    files = [house.upload(f"{number}.csv").file for number in range(3)]
    house.holds.place("alice", None, "a court asked", OPERATOR)
    before = (house.store.head(), house.on_disk())
    with pytest.raises(HeldFilesFullError, match="under a hold"):
        house.upload("3.csv")
    assert (house.store.head(), house.on_disk()) == before
    house.holds.release("alice", None, "case closed", OPERATOR)
    assert house.upload("3.csv").evicted == (files[0],)


def test_audit_23_a_held_file_cannot_be_deleted_nor_its_user_forgotten(house: House) -> None:
    """Neither by a hold on the file, nor by one on everything; both are possible after the release."""
    file = house.upload("a.csv").file
    for file_id in (file.file_id, None):
        house.holds.place("alice", file_id, "a court asked", OPERATOR)
        with pytest.raises(HeldError, match="under a hold"):
            house.delete_file("alice", file.file_id)
        with pytest.raises(HeldError, match="cannot be forgotten"):
            house.forget("alice")
        house.holds.release("alice", file_id, "case closed", OPERATOR)
    assert house.forget("alice").files_purged == 1


def test_audit_23_a_hold_on_everything_covers_what_comes_later(house: House) -> None:
    """A file that was uploaded under it outlives its time, too."""
    house.upload("a.csv")
    house.holds.place("alice", None, "a court asked", OPERATOR)
    later = house.upload("later.csv").file
    house.clock.turn(A_WEEK_S)
    assert house.expire() == []
    with pytest.raises(HeldError):
        house.delete_file("alice", later.file_id)


def test_audit_23_holds_are_events_with_actor_and_reason_and_why_tells_them(house: House) -> None:
    """History names who held and why, and so does the story of the file."""
    file = house.upload("a.csv").file
    house.holds.place("alice", file.file_id, "a court asked", OPERATOR)
    house.holds.place("alice", file.file_id, "again", OPERATOR)
    (held,) = house.holds.all()
    assert [(hold.file_id, hold.reason, hold.actor) for hold in held.holds] == [
        (file.file_id, "a court asked", "admin:root")
    ]
    house.holds.release("alice", file.file_id, "case closed", By("admin:eve"))
    house.holds.place("alice", None, "all of it", OPERATOR)
    events = [recorded.event for recorded in house.store.stream(ALICE)]
    told = [(type(e), e.actor, e.cause, e.reason) for e in events if isinstance(e, HoldPlaced | HoldReleased)]
    assert told == [
        (HoldPlaced, "admin:root", "letter-17", "a court asked"),
        (HoldReleased, "admin:eve", "", "case closed"),
        (HoldPlaced, "admin:root", "letter-17", "all of it"),
    ]
    text = ExplainFile(house.store)(file.file_id).text
    assert "put under a hold by admin:root" in text
    assert "released by admin:eve" in text
    assert text.endswith("All of its user's files are under a hold by admin:root: all of it.")


def test_a_hold_needs_a_user_a_file_and_a_reason(house: House) -> None:
    """Each refusal says what is missing, and records nothing."""
    house.upload("a.csv")
    head = house.store.head()
    with pytest.raises(InvalidValueError, match="Nothing is recorded"):
        house.holds.place("carol", None, "why", OPERATOR)
    with pytest.raises(NoSuchFileError):
        house.holds.place("alice", "0" * 12, "why", OPERATOR)
    with pytest.raises(InvalidValueError, match="reason"):
        house.holds.place("alice", None, "  ", OPERATOR)
    with pytest.raises(InvalidValueError, match="no hold"):
        house.holds.release("alice", None, "why", OPERATOR)
    assert house.store.head() == head


def test_holds_survive_a_snapshot(house: House) -> None:
    """What is loaded from a snapshot holds what the events held."""
    file = house.upload("a.csv").file
    house.holds.place("alice", file.file_id, "a court asked", OPERATOR)
    house.holds.place("alice", None, "all", OPERATOR)
    ledger = house.store.load("alice")
    assert LedgerSnapshot.take(ledger).mutate(None).holds == ledger.holds  # type: ignore[union-attr]
