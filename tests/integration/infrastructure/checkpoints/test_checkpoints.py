"""Checkpoints: signed, kept elsewhere, and held against database and journal."""

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.checkpoints import CheckpointWitness
from application.ports.checkpoints import Note
from application.prove import Prove
from domain.checkpoint import Checkpoint
from domain.errors import IntegrityFaultError, InvalidValueError, RefusedError
from domain.ledger import UserLedger
from domain.merkle import extends, includes, leaf_hash
from infrastructure.checkpoints.notes import KeyFileNotary, VerifierKey
from tests.support.house import House
from tests.support.intruder import Intruder


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with the events of two users."""
    house = House(tmp_path / "data")
    for number in range(3):
        house.upload(f"{number}.csv")
        house.upload(f"{number}.csv", user_id="bob")
    return house


@pytest.fixture
def outside(house: House) -> Note:
    """Return a checkpoint that the operator keeps elsewhere; the house has none."""
    note = house.checkpoints.take().note
    shutil.rmtree(house.folder / "checkpoints")
    return note


@pytest.fixture
def intruder(house: House) -> Iterator[Intruder]:
    """Return an intruder of that house."""
    intruder = Intruder(house.folder)
    yield intruder
    intruder.close()


def without_traces(house: House, intruder: Intruder) -> House:
    """Let the intruder replace the journal, too; return the house as the next process finds it."""
    shutil.rmtree(house.folder / "journal")
    intruder.forget_followers()
    again = House(house.folder)
    again.journal.catch_up()
    return again


def said(house: House, *notes: Note) -> list[str]:
    """Return what notes from elsewhere say against database and journal."""
    sources = {"database": house.store.digests, "journal": house.journal.digests}
    witness = CheckpointWitness(lambda: notes, house.notary, sources)
    return [problem.detail for problem in house.verify(None, [witness]).problems]


def test_audit_11_an_untouched_ledger_agrees_with_every_checkpoint(house: House, outside: Note) -> None:
    """Checkpoints of several sizes, kept here and elsewhere, all hold while the ledger grows."""
    for number in range(3):
        house.upload(f"more-{number}.csv", user_id="carol")
        house.checkpoints.take()
    assert said(house, outside) == []


def test_audit_11_a_cut_tail_is_found_by_a_checkpoint_alone(
    house: House, outside: Note, intruder: Intruder
) -> None:
    """Database, counter and journal cut alike: nothing here tells, the checkpoint does."""
    intruder.cut_tail(keep=house.store.head() - 3)
    again = without_traces(house, intruder)
    assert said(again) == []
    found = said(again, outside)
    for source in ("database", "journal"):
        assert any(f"the {source} holds 5 events instead of the 8 that were signed" in line for line in found)


def test_audit_11_a_deleted_ledger_is_found_by_a_checkpoint_alone(
    house: House, outside: Note, intruder: Intruder
) -> None:
    """A user's whole ledger removed everywhere, the rest renumbered and filled up with new events."""
    intruder.delete_ledger(UserLedger.create_id("bob").hex)
    again = without_traces(house, intruder)
    assert said(again) == []
    assert any("instead of the 8 that were signed" in detail for detail in said(again, outside))
    for number in range(9):
        again.upload(f"new-{number}.csv", user_id="carol")
    assert any("does not begin with the 8 that were signed" in detail for detail in said(again, outside))


def test_audit_11_a_rewritten_middle_is_found_by_a_checkpoint_alone(
    house: House, outside: Note, intruder: Intruder
) -> None:
    """One changed field with chain and journal made anew: both are not what was signed."""
    intruder.rewrite(3, '"timestamp":"2026', '"timestamp":"2027')
    again = without_traces(house, intruder)
    found = [detail for detail in said(again, outside) if "signed" in detail]
    assert any("the database does not begin" in detail for detail in found)
    assert any("the journal does not begin" in detail for detail in found)


def test_nothing_new_is_signed_over_a_rewritten_ledger(house: House) -> None:
    """The operator's key vouches for no ledger that contradicts the newest checkpoint."""
    house.checkpoints.take()
    intruder = Intruder(house.folder)
    intruder.rewrite(3, '"timestamp":"2026', '"timestamp":"2027')
    again = without_traces(house, intruder)
    again.upload("new.csv")
    with pytest.raises(IntegrityFaultError, match="does not go on from its newest checkpoint"):
        again.checkpoints.take()
    intruder.close()


def test_a_checkpoint_without_new_events_is_the_one_before(house: House) -> None:
    """Asking twice makes one note."""
    assert house.checkpoints.take() == house.checkpoints.take()
    assert len(house.checkpoints.all()) == 1


def test_an_empty_ledger_has_nothing_to_sign(tmp_path: Path) -> None:
    """There is no checkpoint of nothing."""
    with pytest.raises(RefusedError):
        House(tmp_path).checkpoints.take()


def test_an_altered_or_foreign_note_is_refused(house: House, outside: Note, tmp_path: Path) -> None:
    """A changed size, another key's signature and no note at all are each said."""
    altered = Note("altered", outside.text.replace("\n8\n", "\n7\n"))
    stranger = KeyFileNotary(tmp_path / "stranger.key", tmp_path / "stranger.public")
    foreign = Note("foreign", stranger.sign(house.notary.open(outside.text)))
    for note in (altered, foreign, Note("garbage", "x"), Note("empty", "")):
        assert any(detail.startswith(f"{note.where}: The note is not signed") for detail in said(house, note))


def test_an_old_checkpoint_copied_over_the_newest_is_found(house: House) -> None:
    """Its signature is good, its name gives it away; nothing is signed on top of it."""
    old = house.checkpoints.take().note
    house.upload("new.csv")
    newest = Path(house.checkpoints.take().note.where)
    newest.chmod(0o600)
    newest.write_text(old.text, encoding="utf-8")
    wrong = f"signs 8 events, yet the checkpoint of {house.store.head()} was kept here"
    assert any(wrong in problem.detail for problem in house.verify().problems)
    with pytest.raises(IntegrityFaultError, match=wrong):
        house.checkpoints.take()


@pytest.mark.parametrize(
    "text", ["x\n", "x\n4\n=\nat 2026-01-01T00:00:00.000Z\n", "x\n04\n\nat 2026-01-01\n"]
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(house: House, text: str) -> None:
    """The operator's signature over something else does not pass for a checkpoint."""
    house.upload("a.csv")
    assert any("checkpoint" in detail for detail in said(house, Note("other", house.notary.sign(text))))


def test_a_key_that_is_given_counts_alone(house: House, outside: Note, tmp_path: Path) -> None:
    """With the key the operator noted down, a note under a key swapped since does not pass."""
    checkpoint = Checkpoint.parse(house.notary.open(outside.text))
    noted = VerifierKey.parse(house.notary.verifier_key(checkpoint.origin))
    swapped = KeyFileNotary(tmp_path / "swapped.key", tmp_path / "swapped.public", [noted])
    assert swapped.open(outside.text) == checkpoint.text()
    with pytest.raises(IntegrityFaultError, match="another key signed it"):
        swapped.open(swapped.sign(checkpoint.text()))
    with pytest.raises(InvalidValueError, match="no verifier key"):
        VerifierKey.parse(str(noted).replace("+", "+0", 1))


def test_notes_can_be_checked_without_the_private_key(house: House, outside: Note) -> None:
    """With the signing key on a medium that is away, its public half still checks."""
    (house.folder / "operator" / "signing.key").unlink()
    assert said(house, outside) == []


def test_another_program_accepts_the_signature(house: House, outside: Note, tmp_path: Path) -> None:
    """OpenSSL verifies the note's text with the key file that the program made."""
    text, _, signatures = outside.text.rpartition("\n\n")
    (tmp_path / "text").write_text(f"{text}\n", encoding="utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(signatures.split()[-1])[4:])
    key = house.folder / "operator" / "signing.key"
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-inkey", str(key), "-in", str(tmp_path / "text")]
    subprocess.run([*command, "-sigfile", str(tmp_path / "signature")], check=True, capture_output=True)
    assert key.stat().st_mode & 0o077 == 0


def test_audit_10_every_event_is_proven_to_be_in_the_ledger(house: House) -> None:
    """Each event's inclusion proof leads to the signed root, from its stored bytes alone."""
    prove = Prove(house.journal, house.checkpoints)
    with pytest.raises(RefusedError, match="no checkpoint yet"):
        prove.inclusion(1)
    house.checkpoints.take()
    digests = list(house.store.digests())
    for position in range(1, house.store.head() + 1):
        proof = prove.inclusion(position)
        signed = proof.checkpoint.checkpoint
        assert includes(signed.root, signed.size, position - 1, digests[position - 1], proof.path)
    with pytest.raises(RefusedError, match="no event at position"):
        prove.inclusion(house.store.head() + 1)


def test_audit_10_each_checkpoint_is_proven_to_extend_the_one_before(house: House) -> None:
    """The consistency proof leads from the older signed root to the newer one."""
    prove = Prove(house.journal, house.checkpoints)
    house.checkpoints.take()
    with pytest.raises(RefusedError, match="no two checkpoints"):
        prove.consistency()
    for number in range(4):
        house.upload(f"more-{number}.csv")
        house.checkpoints.take()
        proof = prove.consistency()
        old, new = proof.old.checkpoint, proof.new.checkpoint
        assert old.size < new.size
        assert extends((old.size, old.root), (new.size, new.root), proof.path)
        assert leaf_hash(b"") not in proof.path


def test_a_known_note_is_read_as_the_standard_says() -> None:
    """The verifier key's text carries the key id that C2SP signed-note prescribes."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert signature[:4] == key.key_id
    assert key.has_signed(text, signature[4:])
    assert not key.has_signed(text + " ", signature[4:])


def test_no_damage_breaks_the_check_itself(house: House, outside: Note) -> None:
    """Broken pages, an unreadable journal, a note that is a folder: all are findings, none an exception."""
    house.store.close()
    database = house.folder / "ledger" / "ledger.db"
    content = bytearray(database.read_bytes())
    content[4096 * 2 : 4096 * 3] = bytes(4096)
    database.write_bytes(content)
    again = House(house.folder)
    assert any("damaged" in detail for detail in said(again, outside))
    last = max((house.folder / "journal").iterdir())
    last.unlink()
    last.mkdir()
    assert any("read the journal" in detail for detail in said(again, outside))
