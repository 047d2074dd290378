"""The life of a file through the use cases, over a real ledger and real files."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from application.policy import UsagePolicy
from domain.errors import (
    DeliveredBeforeError,
    EnvironmentFaultError,
    FileTooLargeError,
    IntegrityFaultError,
    InvalidValueError,
    NoSuchFileError,
)
from domain.events import FileBytesPurged, FileEvicted, FileExpired
from domain.ledger import UserLedger
from domain.retention import Limits
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with a limit of three files and an hour to live."""
    return House(tmp_path, UsagePolicy(limits=Limits(max_files=3, max_file_bytes=1000), expiration_hours=1))


def kinds(house: House, user_id: str = "alice") -> list[str]:
    """Return the kinds of a user's events in order."""
    return [recorded.event.TOPIC for recorded in house.store.stream(UserLedger.create_id(user_id))]


def test_an_upload_is_kept_listed_and_given_back(house: House) -> None:
    """The receipt, the list and the download agree with what was sent."""
    receipt = house.upload("data.csv", b"a,b\n1,2\n")
    assert (receipt.file.filename, receipt.file.file_type, receipt.file.size_bytes) == ("data.csv", "CSV", 8)
    assert (receipt.count, receipt.limit, receipt.evicted) == (1, 3, ())
    assert house.list_files("alice").files == (receipt.file,)
    _, content = house.open_file("alice", receipt.file.file_id)
    with content:
        assert content.read() == b"a,b\n1,2\n"


def test_the_fourth_upload_at_a_limit_of_three_evicts_the_first(house: House) -> None:
    """The oldest leaves list and disk; the receipt names it."""
    receipts = [house.upload(f"{number}.csv") for number in range(4)]
    assert [file.filename for file in receipts[3].evicted] == ["0.csv"]
    assert receipts[3].count == 3
    house.purge.catch_up()
    assert house.on_disk() == house.listed()
    assert len(house.listed()) == 3
    with pytest.raises(NoSuchFileError):
        house.open_file("alice", receipts[0].file.file_id)


def test_a_redelivered_upload_is_the_same_file(house: House) -> None:
    """The same source twice: one file, one blob, the same receipt."""
    first = house.upload("data.csv", source="discord:attachment:1")
    second = house.upload("data.csv", source="discord:attachment:1")
    assert first.file == second.file
    assert len(house.on_disk()) == 1


def test_same_names_live_side_by_side(house: House) -> None:
    """Two deliveries of one name are two files."""
    ids = {house.upload("data.csv", source=f"s{number}").file.file_id for number in range(2)}
    assert len(ids) == 2
    assert len(house.on_disk()) == 2


def test_an_oversize_upload_leaves_nothing(house: House) -> None:
    """It is refused while it streams in; no event, no byte."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 600

    with pytest.raises(FileTooLargeError, match="MAX_FILE_SIZE_MB"):
        house.upload_file("alice", "big.bin", endless(), source="s")
    assert house.on_disk() == set()
    assert kinds(house) == []


def test_a_hostile_user_id_is_refused_before_anything_is_written(house: House) -> None:
    """Path parts in a user id never reach the disk."""
    with pytest.raises(InvalidValueError):
        house.upload("data.csv", user_id="../evil")
    assert house.on_disk() == set()


def test_foreign_and_absent_files_are_the_same_error(house: House) -> None:
    """Nothing tells bob whether alice has the file."""
    foreign = house.upload("data.csv").file.file_id
    messages = []
    for file_id in (foreign, "000000000000"):
        for use in (house.open_file, house.delete_file):
            with pytest.raises(NoSuchFileError) as raised:
                use("bob", file_id)
            messages.append(str(raised.value).replace(file_id, "ID"))
    assert len(set(messages)) == 1
    assert kinds(house, "bob") == []


def test_a_file_expires_at_its_time_and_not_before(house: House) -> None:
    """A millisecond early it is there; at its time it leaves list and disk."""
    receipt = house.upload("data.csv")
    house.clock.turn(3599.999)
    assert house.expire() == []
    assert house.listed()
    house.clock.turn(0.001)
    assert house.listed() == set()
    assert house.expire() == [receipt.file.file_id]
    assert house.expire() == []
    house.purge.catch_up()
    assert house.on_disk() == set()
    assert kinds(house) == ["LedgerOpened", "FileUploaded", "FileExpired", "FileBytesPurged"]


def test_a_start_catches_up_what_came_due_while_nothing_ran(house: House, tmp_path: Path) -> None:
    """The next process expires and purges by itself."""
    house.upload("data.csv")
    later = House(tmp_path, house.policy)
    later.clock.at = house.clock.at
    later.clock.turn(86_400)
    recovery = later.recover()
    assert len(recovery.expired) == 1
    assert later.on_disk() == set()


def test_a_deletion_takes_list_and_disk(house: House) -> None:
    """The event names the user; the bytes go; a second deletion is an error."""
    file_id = house.upload("data.csv").file.file_id
    house.delete_file("alice", file_id)
    house.purge.catch_up()
    assert house.on_disk() == house.listed() == set()
    with pytest.raises(NoSuchFileError):
        house.delete_file("alice", file_id)


class Killed(BaseException):
    """Stands for the death of the process at one point."""


@pytest.mark.parametrize("step", ["purge", "append", "advance_policy"])
@pytest.mark.parametrize("after", [False, True])
def test_a_purge_killed_at_any_step_is_finished_at_the_next_start(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    """Before or after the unlink, the event or the position: nothing is left, nothing is doubled."""
    for number in range(4):
        house.upload(f"{number}.csv")
    target = house.blobs if step == "purge" else house.store
    real = getattr(target, step)

    def dies(*args: object, **kwargs: object) -> None:
        if after:
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(target, step, dies)
        with pytest.raises(Killed):
            house.purge.catch_up()
    restarted = House(tmp_path, house.policy)
    restarted.recover()
    assert restarted.on_disk() == restarted.listed()
    purged = [
        r.event.file_id
        for r in restarted.store.events_after(0, limit=99)
        if isinstance(r.event, FileBytesPurged)
    ]
    evicted = [
        r.event.file_id for r in restarted.store.events_after(0, limit=99) if isinstance(r.event, FileEvicted)
    ]
    assert purged == evicted
    assert len(purged) == 1


@pytest.mark.parametrize("after", [False, True])
def test_an_upload_killed_around_its_event_is_whole_or_absent(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """With the event the bytes are there; without it the sweep takes them."""
    real = house.store.append

    def dies(ledger: UserLedger) -> int:
        if after:
            real(ledger)
        raise Killed

    monkeypatch.setattr(house.store, "append", dies)
    with pytest.raises(Killed):
        house.upload("data.csv")
    restarted = House(tmp_path, house.policy)
    restarted.recover()
    restarted.recover.sweep()
    assert restarted.on_disk() == restarted.listed()
    assert len(restarted.listed()) == (1 if after else 0)


def test_a_ledger_that_cannot_be_written_keeps_the_bytes_for_the_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is unknown whether the event was saved, the bytes stay until the ledger can tell."""

    def fails(_: UserLedger) -> int:
        msg = "Cannot save to the ledger: the disk is full."
        raise EnvironmentFaultError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(house.store, "append", fails)
        with pytest.raises(EnvironmentFaultError):
            house.upload("data.csv")
    assert len(house.on_disk()) == 1
    house.recover()
    assert len(house.recover.sweep()) == 1
    assert house.on_disk() == set()


def test_expiry_needs_no_luck_with_two_at_once(house: House) -> None:
    """Two schedulers that both see a due file record one expiry."""
    house.upload("data.csv")
    house.clock.turn(3600)
    other = House(house.folder, house.policy, house.clock)
    assert len(house.expire()) + len(other.expire()) == 1
    expiries = [r for r in house.store.events_after(0, limit=99) if isinstance(r.event, FileExpired)]
    assert len(expiries) == 1


def test_what_is_being_expired_is_no_reason_to_wake_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next expiry is looked for beyond it from the beginning on, not any more when it came to nothing."""
    house.upload("data.csv")
    house.clock.turn(3600)
    late, seen = datetime.max.replace(tzinfo=UTC), list[datetime | None]()

    def fails(*_: object, **__: object) -> None:
        seen.append(house.expire.next_due(late))
        msg = "Cannot save to the ledger: the disk is full."
        raise EnvironmentFaultError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(house.ledgers, "decide", fails)
        with pytest.raises(EnvironmentFaultError):
            house.expire()
    assert seen == [None]
    assert house.expire.next_due(late) is not None
    assert len(house.expire()) == 1


def test_a_damaged_ledger_stops_nobody_else(house: House) -> None:
    """Without alice's key bob's file still expires and leaves the disk; the fault is told at the end."""
    house.upload("a.csv")
    bobs = house.upload("b.csv", user_id="bob").file.file_id
    house.views.files_of("alice")  # the view knows whose ledger it is
    (house.folder / "keys" / f"{UserLedger.create_id('alice').hex}.key").rename(house.folder / "kept")
    house.clock.turn(3600)
    with pytest.raises(IntegrityFaultError, match="key"):
        house.recover()
    assert "FileExpired" in kinds(house, "bob")
    house.purge.catch_up()
    assert f"{bobs}.csv" not in house.on_disk()
    assert house.expire.next_due(datetime.max.replace(tzinfo=UTC)) is None


def test_a_delivery_whose_file_is_gone_says_so(house: House) -> None:
    """The same source after a deletion is neither a new file nor a puzzle."""
    file_id = house.upload("data.csv", source="discord:1").file.file_id
    house.delete_file("alice", file_id)
    with pytest.raises(DeliveredBeforeError, match=file_id):
        house.upload("data.csv", source="discord:1")


def test_purges_at_once_tell_the_bytes_once_in_one_process_and_in_several(house: House) -> None:
    """Whoever unlinks records: no event says that 0 bytes were freed."""
    for number in range(12):
        house.upload(f"{number}.csv")
    others = [
        House(house.folder, house.policy) for _ in range(2)
    ]  # each with a ledger of its own, as processes
    threads = [threading.Thread(target=it.purge.catch_up) for it in (house, house, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    purges = [r.event for r in house.store.events_after(0, limit=99) if isinstance(r.event, FileBytesPurged)]
    assert [event.bytes_freed for event in purges] == [8] * 9


def test_a_sweep_that_is_called_off_removes_nothing_more(house: House) -> None:
    """A program that is asked to stop leaves the rest to its next start; recorded bytes stay anyway."""
    house.upload("data.csv")
    orphan = house.folder / "user_files" / "bob" / "orphan000000.csv"
    orphan.parent.mkdir()
    orphan.write_bytes(b"a")
    assert house.recover.sweep(is_over=lambda: True) == []
    assert house.recover.sweep() == ["bob/orphan000000.csv"]
    assert house.on_disk() == house.listed()
