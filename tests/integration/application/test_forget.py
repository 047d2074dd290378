"""Erasure over a real ledger, keys and files: what is left, what goes on, what a kill leaves."""

import os
import shutil
import signal
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from application.forget import Erasure
from application.ledgers import By
from application.model import UserMessage
from domain.errors import EnvironmentFaultError, ErasureUnderWayError, NoSuchFileError
from domain.events import LedgerErased
from domain.ledger import UserLedger
from domain.personal import ERASED
from tests.support.house import House

ALICE = UserLedger.create_id("alice")
SECRETS = (b"alice", b"diary", b"dearest", b"message-7", b"whisper")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice has a file, a run's worth of history and a conversation; so has bob."""
    house = House(tmp_path / "house")
    for user_id in ("alice", "bob"):
        name, content = ("diary.secrets", b"dearest") if user_id == "alice" else ("bobs.csv", b"bobs bytes")
        house.upload(name, content, user_id, source="message-7")
        says = [UserMessage("whisper")]
        house.conversations.save(user_id, "channel", says, house.clock.now() + timedelta(days=1))
    house.journal.catch_up()
    house.checkpoints.take()
    return house


def everything(folder: Path) -> bytes:
    """Return every byte of every file in a folder, and all names in it."""
    paths = list(folder.rglob("*"))
    names = "\n".join(str(path.relative_to(folder)) for path in paths)
    return names.encode() + b"".join(path.read_bytes() for path in paths if path.is_file())


def test_audit_22_nothing_of_an_erased_user_is_left_and_the_chain_stays_whole(house: House) -> None:
    """Files, conversations and key are gone, ledger and journal hold tombstones, all witnesses agree."""
    (file,) = house.list_files("alice").files
    assert house.forget("alice") == Erasure("alice", files_purged=1, keys_destroyed=1)
    house.journal.catch_up()
    left = everything(house.folder)
    assert [secret for secret in SECRETS if secret in left] == []
    assert b"bobs bytes" in left
    assert not (house.folder / "user_files" / "alice").exists()
    assert house.keys.find(ALICE) is None
    assert house.conversations.load("alice", "channel", house.clock.now()) == ()
    assert house.verify().ok
    events = [recorded.event for recorded in house.store.stream(ALICE)]
    assert {event.actor for event in events} == {ERASED}
    assert isinstance(events[-1], LedgerErased)
    with pytest.raises(NoSuchFileError):
        house.open_file("alice", file.file_id)
    assert house.listed("bob") == house.on_disk()
    assert len(house.conversations.load("bob", "channel", house.clock.now())) == 1


def test_audit_22_an_old_backup_is_unreadable_without_its_key(house: House, tmp_path: Path) -> None:
    """A copy of ledger and journal from before the erasure shows tombstones beside the keys of today."""
    old = tmp_path / "old"
    shutil.copytree(house.folder, old)
    house.forget("alice")
    shutil.rmtree(old / "keys")
    shutil.copytree(house.folder / "keys", old / "keys")
    events = [recorded.event for recorded in House(old).store.stream(ALICE)]
    assert {event.actor for event in events} == {ERASED}
    assert House(old).store.load("bob").user_id == "bob"  # type: ignore[union-attr]


def test_an_erased_user_comes_back_with_a_fresh_ledger(house: House) -> None:
    """Under a new key, without files; the past stays unreadable, and may be erased once more."""
    house.forget("alice")
    receipt = house.upload("new.csv", source="message-7")
    assert (receipt.count, receipt.file.filename) == (1, "new.csv")
    events = [recorded.event for recorded in house.store.stream(ALICE)]
    assert [event.actor for event in events][-2:] == ["user:alice"] * 2
    assert {event.actor for event in events[:-2]} == {ERASED}
    assert house.verify().ok
    assert house.store.owner_of(ALICE) == "alice"
    assert house.forget("alice") == Erasure("alice", 1, 1)
    assert house.verify().ok
    assert house.list_files("alice").files == ()


def test_forgetting_again_or_somebody_unknown_does_nothing(house: House) -> None:
    """No event is added."""
    house.forget("alice")
    head = house.store.head()
    assert house.forget("alice") == house.forget("alice") == Erasure("alice")
    assert house.forget("carol") == Erasure("carol")
    assert house.store.head() == head


def test_audit_22_a_key_that_a_backup_brought_back_is_found_and_destroyed_again(house: House) -> None:
    """`verify` names it; another `forget` takes it away, and nothing else."""
    kept = (house.folder / "keys" / f"{ALICE.hex}.key").read_bytes()
    house.forget("alice")
    (house.folder / "keys" / f"{ALICE.hex}.key").write_bytes(kept)
    (problem,) = house.verify().problems
    assert (problem.kind, "forget" in problem.detail) == ("key", True)
    assert house.forget("alice") == Erasure("alice", keys_destroyed=1)
    assert house.verify().ok


def _killed_after(folder: Path, part: str, name: str) -> None:
    """Let a process carry out erasures that is killed (SIGKILL) as soon as that step is done."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child uses nothing of its parent's threads
        child = os.fork()
    if child == 0:
        try:
            house = House(folder)
            owner = getattr(house, part)
            work: Callable[..., object] = getattr(owner, name)

            def last(*args: object, **how: object) -> None:
                work(*args, **how)
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(owner, name, last)
            house.erase.catch_up()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


STEPS = (
    ("blobs", "purge"),
    ("blobs", "discard_orphans"),
    ("conversations", "forget"),
    ("store", "append"),
    ("store", "erase"),
    ("keys", "destroy"),
    ("views", "forget"),
    ("store", "advance_policy"),
)


@pytest.mark.parametrize(("part", "name"), STEPS)
def test_audit_22_an_erasure_that_was_killed_after_any_step_is_finished_by_the_next_start(
    house: House, part: str, name: str
) -> None:
    """Whatever was done or not: a new process ends in the same state, with the chain whole."""
    by = By.user("alice")
    house.ledgers.decide("alice", lambda ledger, metadata: ledger.request_erasure(metadata), by)
    _killed_after(house.folder, part, name)
    restarted = House(house.folder)
    restarted.erase.catch_up()
    ledger = restarted.store.load("alice")
    assert ledger is not None
    assert ledger.is_erased
    assert restarted.keys.find(ALICE) is None
    assert not (house.folder / "user_files" / "alice").exists()
    assert restarted.conversations.forget("alice") == 0
    assert restarted.verify().ok
    events = [recorded.event for recorded in restarted.store.stream(ALICE)]
    assert [event.files_purged for event in events if isinstance(event, LedgerErased)] == [1]


def test_a_key_whose_destroyer_was_killed_over_it_is_gone(house: House) -> None:
    """Zeros in its file are no key: nobody reads with it, and a user who comes back gets another."""
    path = house.folder / "keys" / f"{ALICE.hex}.key"
    old = house.keys.find(ALICE)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert house.keys.find(ALICE) is None
    fresh = house.keys.create(ALICE)
    assert old is not None
    assert fresh.key_id != old.key_id
    assert house.keys.destroy(ALICE, old.key_id) is False
    assert house.keys.find(ALICE) == fresh


def test_nothing_is_recorded_while_a_user_is_being_erased(house: House) -> None:
    """An upload at that moment is refused and leaves no bytes."""
    house.ledgers.decide("alice", lambda ledger, at: ledger.request_erasure(at), By.user("alice"))
    before = house.on_disk()
    with pytest.raises(ErasureUnderWayError):
        house.upload("late.csv")
    assert house.on_disk() == before


def test_bytes_that_came_before_the_erasure_are_not_kept_after_it(house: House) -> None:
    """An upload that was on its way brings the user back only when it is sent again."""

    def slow() -> object:
        yield b"dearest "
        house.forget("alice")
        yield b"diary"

    with pytest.raises(ErasureUnderWayError):
        house.upload_file("alice", "slow.csv", slow(), source="s")  # type: ignore[arg-type]
    ledger = house.store.load("alice")
    assert ledger is not None
    assert ledger.is_erased
    assert house.listed("bob") == house.on_disk()


def test_an_erasure_that_fails_stops_nobody_elses(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault is told, the others are erased, and the failed one is tried again."""
    for user_id in ("alice", "bob"):
        by = By.user(user_id)
        house.ledgers.decide(user_id, lambda ledger, metadata: ledger.request_erasure(metadata), by)
    work = house.conversations.forget

    def refuse(user_id: str) -> int:
        if user_id == "alice":
            msg = "The disk refuses."
            raise EnvironmentFaultError(msg)
        return work(user_id)

    monkeypatch.setattr(house.conversations, "forget", refuse)
    with pytest.raises(EnvironmentFaultError):
        house.erase.catch_up()
    bob = house.store.load("bob")
    assert bob is not None
    assert bob.is_erased
    monkeypatch.undo()
    house.erase.catch_up()
    assert house.keys.find(ALICE) is None
    assert house.verify().ok
