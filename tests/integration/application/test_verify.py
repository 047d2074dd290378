import sqlite3
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from application.verify import VerifyReport
from domain.ledger import UserLedger
from infrastructure.ledger.chain import chain_digest
from tests.support.house import House
from tests.support.intruder import Intruder


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with two users' files, all of it checked."""
    house = House(tmp_path)
    for user_id in ("alice", "bob"):
        house.upload("a.csv", user_id=user_id)
        house.upload("b.csv", b"c,d\n3,4\n", user_id=user_id)
    assert house.verify().ok
    return house


def findings(report: VerifyReport) -> set[tuple[str | None, int | None]]:
    """Return whose events were found fault with."""
    return {(problem.user_id, problem.sequence) for problem in report.problems}


def test_audit_13_an_edited_value_with_a_forged_digest_is_found(house: House) -> None:
    """Payloads are opened, not only hashed: a chain that was made anew over an edit vouches for nothing."""
    ledger, intruder = UserLedger.create_id("bob"), sqlite3.connect(house.folder / "ledger" / "ledger.db")
    for (name,) in intruder.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        intruder.execute(f"DROP TRIGGER {name}")
    *_, stored = house.store.recorder.select_events(ledger)
    edited = stored.state.replace(b":8,", b":9,")
    forged = StoredEvent(ledger, stored.originator_version, stored.topic, edited)
    assert forged.state != stored.state
    place = (ledger.hex, forged.originator_version)
    row = f"originator_id = '{ledger.hex}' AND originator_version = 3"
    before = intruder.execute(
        "SELECT digest FROM event_digests WHERE originator_id = ? AND originator_version = 2", (ledger.hex,)
    ).fetchone()[0]
    digest = chain_digest(before, house.store.head(), place, forged.topic, forged.state)
    intruder.execute(f"UPDATE stored_events SET state = ? WHERE {row}", (forged.state,))  # noqa: S608
    intruder.execute(f"UPDATE event_digests SET digest = ? WHERE {row}", (digest,))  # noqa: S608
    intruder.commit()
    intruder.close()
    problems = House(house.folder).store.verify_chain().problems
    assert [(each.user_id, each.sequence, each.kind) for each in problems] == [("bob", 3, "payload")]


def test_audit_13_a_flipped_bit_of_a_files_bytes_is_found(house: House) -> None:
    """Wherever it is: bytes of files are read and hashed, size and date say nothing."""
    blobs = [path for path in (house.folder / "user_files" / "alice").iterdir() if path.is_file()]
    assert len(blobs) == 2
    for blob in blobs:
        content = blob.read_bytes()
        blob.chmod(0o600)
        for offset in (0, len(content) // 2, len(content) - 1):
            blob.write_bytes(content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :])
            found = findings(House(house.folder).verify())
            assert len(found) == 1
            assert {user_id for user_id, _ in found} == {"alice"}
        blob.write_bytes(content)
    assert house.verify().ok


def test_events_that_were_swapped_between_users_are_named_for_what_they_are(house: House) -> None:
    """The chains were mended; neither key is missing, nobody was erased: each is sealed for the other."""
    intruder = Intruder(house.folder)
    intruder.swap(3, 6)
    intruder.close()
    problems = House(house.folder).store.verify_chain().problems
    assert [(each.user_id, each.sequence, each.kind) for each in problems] == [
        ("alice", 3, "payload"),
        ("bob", 3, "payload"),
    ]
    assert all("it is sealed for another user" in each.detail for each in problems)
    house.keys.destroy(UserLedger.create_id("bob"))
    details = {each.detail for each in House(house.folder).store.verify_chain("alice").problems}
    assert details == {"the event is sealed under another key than the user's: one of them was exchanged"}
