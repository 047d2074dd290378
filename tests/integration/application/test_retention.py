"""What is pruned (bytes, keys) is pruned by an event; what went without one, or by a forged one, is found."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import IntegrityFaultError
from domain.events import FileBytesPurged, LedgerErased
from domain.ledger import UserLedger
from tests.support.house import House
from tests.support.intruder import Intruder

ALICE = UserLedger.create_id("alice")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice and bob have a file each, with a journal and a checkpoint."""
    house = House(tmp_path / "house")
    for user_id in ("alice", "bob"):
        house.upload("a.csv", user_id=user_id)
    house.journal.catch_up()
    house.checkpoints.take()
    return house


def test_audit_24_every_prune_is_an_event_that_the_surviving_chain_vouches_for(house: House) -> None:
    """Bytes and key are gone, each with its event; no event is ever gone, and all witnesses agree."""
    before = list(house.store.digests())
    house.forget("alice")
    house.journal.catch_up()
    assert list(house.store.digests())[: len(before)] == before
    kinds = [type(recorded.event) for recorded in house.store.stream(ALICE)]
    assert {FileBytesPurged, LedgerErased} <= set(kinds)
    assert house.verify().ok
    assert house.checkpoints.take().checkpoint.size == house.store.head()


def _destroy_key(house: House) -> None:
    house.keys.destroy(ALICE)


def _remove_bytes(house: House) -> None:
    for path in (house.folder / "user_files" / "alice").iterdir():
        path.unlink()


def _remove_events(house: House) -> None:
    intruder = Intruder(house.folder)
    intruder.delete_ledger(ALICE.hex)
    intruder.close()


def _forge_erasure(house: House) -> None:
    """Append a `LedgerErased` with alice's key id, its chain sound: as good as it gets without her key."""
    intruder = Intruder(house.folder)
    rows = "SELECT CAST(state AS TEXT) FROM stored_events WHERE originator_id = ? ORDER BY rowid DESC LIMIT 1"
    (state,) = intruder.database.execute(rows, (ALICE.hex,)).fetchone()
    public, personal = state.index('"key"'), state.index('"personal"')
    forged = f'{{"files_purged":1,{state[public:personal]}{state[personal:]}'
    insert = "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (?, 3, ?, ?)"
    intruder.database.execute(insert, (ALICE.hex, LedgerErased.TOPIC, forged.encode()))
    intruder.mend_chains()
    intruder.close()


@pytest.mark.parametrize(
    ("forge", "kinds"),
    [
        (_destroy_key, {"key"}),
        (_remove_bytes, {"blob_missing"}),
        (_remove_events, {"gone", "altered", "checkpoint", "journal"}),
        (_forge_erasure, {"payload"}),
    ],
)
def test_audit_24_a_forged_prune_is_refused(
    house: House, forge: Callable[[House], None], kinds: set[str]
) -> None:
    """A prune without its event, or by an event that is none of the user's, is found by `verify`."""
    forge(house)
    problems = House(house.folder).verify().problems
    assert problems
    assert {problem.kind for problem in problems} <= kinds


def test_audit_24_a_forged_erasure_is_not_carried_out(house: House) -> None:
    """The policy refuses it; key and bytes stay."""
    _forge_erasure(house)
    with pytest.raises(IntegrityFaultError):
        House(house.folder).erase.catch_up()
    assert house.keys.find(ALICE) is not None
    assert len(house.on_disk()) == 2
