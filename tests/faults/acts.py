"""The ways through the house, as acts that are interrupted: each acknowledges what it was told is done."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from application.ledgers import By
from application.model import UserMessage
from application.replay import Replay
from domain.errors import RefusedError
from domain.files import blob_name
from infrastructure.settings import load_settings
from interfaces.wiring import Wiring
from tests.support.supervised.stage import Scene

OPERATOR = By("admin:operator")
CONTENT = b"a,b\n1,2\n" * 2000


def prepare(scene: Scene) -> None:
    """Fill the house: alice has all the files she may have, bob a held one, zoe was forgotten."""
    wiring = scene.wiring
    scene.out.mkdir()
    wiring.begin()
    for user, number in (("alice", 1), ("alice", 2), ("alice", 3), ("bob", 1), ("bob", 2), ("zoe", 1)):
        keep(scene, user, f"{number}.csv", f"{user}{number}".encode())
    wiring.holds.place("bob", ids(wiring, "bob")[0], "a lawsuit", OPERATOR)
    converse(wiring, "alice")
    wiring.settle()
    wiring.checkpoints.take()
    scene.acknowledge(removing=ids(wiring, "zoe"))
    wiring.forget("zoe")
    wiring.settle()
    elsewhere = scene.open(scene.out / "elsewhere")
    elsewhere.upload("erin", "erin.csv", [CONTENT], source="elsewhere")
    converse(elsewhere, "erin")
    elsewhere.export_copy("erin", scene.out / "erin.zip")
    elsewhere.close()
    shutil.rmtree(scene.out / "elsewhere")
    wiring.close()


def converse(wiring: Wiring, user: str) -> None:
    """Keep a conversation of a user."""
    said = [UserMessage("hello")]
    wiring.conversations.save(user, "a channel", said, wiring.clock.now().replace(year=2100))


def keep(scene: Scene, user: str, name: str, content: bytes) -> None:
    """Upload a file, and acknowledge it with what it may have made room for."""
    before = set(ids(scene.wiring, user))
    receipt = scene.wiring.upload(user, name, [content], source=f"{name}:{scene.clock.at}")
    gone = before - set(ids(scene.wiring, user))
    scene.acknowledge(kept={receipt.file.file_id: hashlib.sha256(content).hexdigest()}, gone=sorted(gone))


def ids(wiring: Wiring, user: str) -> list[str]:
    """Return the ids of a user's files, the oldest first."""
    ledger = wiring.store.load(user)
    return list(ledger.files) if ledger else []


# -- the ways -----------------------------------------------------------------


def first_upload(scene: Scene) -> None:
    """Upload where there is nothing yet: folders, database and key are made."""
    scene.begin()
    keep(scene, "nina", "first.csv", CONTENT)
    scene.wiring.settle()


def upload(scene: Scene) -> None:
    """Upload a second file of a user, in pieces."""
    ids(scene.wiring, "bob")
    scene.begin()
    keep(scene, "bob", "new.csv", CONTENT)
    scene.wiring.settle()


def evict(scene: Scene) -> None:
    """Upload one more than fits: the oldest goes, and its bytes."""
    oldest = ids(scene.wiring, "alice")[0]
    scene.begin()
    scene.acknowledge(removing=[oldest])
    keep(scene, "alice", "one too many.csv", CONTENT)
    scene.wiring.settle()


def delete(scene: Scene) -> None:
    """Delete a file."""
    victim = ids(scene.wiring, "alice")[1]
    scene.begin()
    scene.acknowledge(removing=[victim])
    scene.wiring.delete_file("alice", victim)
    scene.acknowledge(gone=[victim])
    scene.wiring.settle()


def expire(scene: Scene) -> None:
    """Let all files expire but the held one."""
    wiring = scene.wiring
    wiring.views.catch_up()
    due = [*ids(wiring, "alice"), ids(wiring, "bob")[1]]
    scene.clock.turn(60 * 3600)
    scene.begin()
    scene.acknowledge(removing=due)
    scene.acknowledge(gone=list(wiring.expire()))
    wiring.settle()


def run(scene: Scene) -> None:
    """Run code that makes two files."""
    with scene.wiring as wiring:
        ids(wiring, "alice")
        scene.begin()
        done = wiring.run_code("alice", "for n in range(2):\n    open(f'out{n}.txt', 'w').write('x' * 5000)")
        content = hashlib.sha256(b"x" * 5000).hexdigest()
        scene.acknowledge(kept={file.file_id: content for file in done.files})
        wiring.settle()


def forget(scene: Scene) -> None:
    """Erase a user with files, a conversation and a key."""
    mine = ids(scene.wiring, "alice")
    scene.begin()
    scene.acknowledge(removing=mine)
    scene.wiring.forget("alice")
    scene.acknowledge(gone=mine, forgotten="alice")
    scene.wiring.settle()


def export(scene: Scene) -> None:
    """Write a user's archive."""
    ids(scene.wiring, "alice")
    scene.begin()
    _, path = scene.wiring.export_copy("alice", scene.out / "alice.zip")
    scene.acknowledge(archive=str(path.relative_to(scene.out)))


def import_archive(scene: Scene) -> None:
    """Take in a user's archive."""
    ids(scene.wiring, "alice")
    scene.begin()
    scene.wiring.import_file(scene.out / "erin.zip", OPERATOR)
    content = hashlib.sha256(CONTENT).hexdigest()
    scene.acknowledge(kept=dict.fromkeys(ids(scene.wiring, "erin"), content))
    scene.wiring.settle()


def hold(scene: Scene) -> None:
    """Hold a file, and release another."""
    mine, held = ids(scene.wiring, "alice")[0], ids(scene.wiring, "bob")[0]
    scene.begin()
    scene.wiring.holds.place("alice", mine, "a lawsuit", OPERATOR)
    scene.acknowledge(held=mine)
    scene.wiring.holds.release("bob", held, "it is over", OPERATOR)
    scene.acknowledge(released=held)
    scene.wiring.settle()


def follow(scene: Scene) -> None:
    """Bring the journal up to a ledger that is ahead of it, over several segments."""
    victims = [_come_and_go(scene, number) for number in range(4)]
    scene.begin()
    scene.acknowledge(journal=scene.wiring.journal.catch_up(), gone=victims)


def _come_and_go(scene: Scene, number: int) -> str:
    receipt = scene.wiring.upload("dora", f"{number}.csv", [b"x"], source=f"dora{number}:{scene.clock.at}")
    scene.wiring.delete_file("dora", receipt.file.file_id)
    return receipt.file.file_id


def checkpoint(scene: Scene) -> None:
    """Sign what the ledger holds."""
    _come_and_go(scene, 0)
    scene.begin()
    scene.acknowledge(note=Path(scene.wiring.checkpoints.take().note.where).name)


def renew_journal(scene: Scene) -> None:
    """Write the journal anew beside the old one."""
    ids(scene.wiring, "alice")
    scene.begin()
    scene.wiring.journal.renew()


def rebuild(scene: Scene) -> None:
    """Build the views anew."""
    scene.wiring.views.catch_up()
    scene.begin()
    scene.wiring.replay()


def repair(scene: Scene) -> None:
    """Mend bytes that are altered (of which a sound copy is there), missing, and nobody's."""
    wiring = scene.wiring
    folder = scene.data / "user_files"
    altered, missing, _ = ids(wiring, "alice")
    (folder / "alice" / f"{altered}.csv").write_bytes(b"not what was recorded")
    (folder / "alice" / f"{missing}.csv").unlink()
    (folder / "bob" / "nobodys.csv").write_bytes(b"stray")
    scene.begin()
    scene.acknowledge(removing=[altered, missing])
    wiring.fsck(repair=True)
    scene.acknowledge(gone=[altered, missing])
    wiring.settle()


def back_up(scene: Scene) -> None:
    """Make a backup that is proven."""
    ids(scene.wiring, "alice")
    scene.begin()
    scene.wiring.back_up(scene.out / "backup")
    scene.acknowledge(backup="backup")


def restore(scene: Scene) -> None:
    """Build a ledger that is lost from its journal."""
    shutil.rmtree(scene.data / "ledger")
    scene.begin()
    Wiring(load_settings(scene.data)).restore(scene.data / "journal")
    scene.acknowledge(restored=True)


def start(scene: Scene) -> None:
    """Start with much to finish: a run cut off, an upload cut off, an expiry due, an erasure asked for."""
    wiring = scene.wiring
    wiring.views.catch_up()
    doomed = [*ids(wiring, "alice"), *ids(wiring, "bob")[1:]]
    _leave_unfinished(scene)
    scene.clock.turn(60 * 3600)
    scene.begin()
    scene.acknowledge(removing=doomed)
    wiring.begin()
    wiring.sweep()
    wiring.settle()
    scene.acknowledge(gone=doomed)


def _leave_unfinished(scene: Scene) -> None:
    wiring, staging = scene.wiring, scene.data / "staging"
    staging.mkdir(exist_ok=True)
    (staging / "0123456789abcdef01234567").write_bytes(b"half an upload")
    (scene.data / "user_files" / "bob" / "unrecorded.csv").write_bytes(b"never recorded")
    wiring.ledgers.decide("alice", lambda ledger, metadata: ledger.request_erasure(metadata), OPERATOR)


def serve(scene: Scene) -> None:
    """Start as the bot does, with followers in threads, keep a file, and stop."""
    oldest = ids(scene.wiring, "alice")[0]
    _leave_nobody(scene)
    scene.begin()
    with scene.wiring as wiring:
        wiring.begin()
        wiring.sweep()
        scene.acknowledge(removing=[oldest])
        keep(scene, "alice", "late.csv", CONTENT)


def _leave_nobody(scene: Scene) -> None:
    (scene.data / "user_files" / "bob" / "unrecorded.csv").write_bytes(b"never recorded")


# -- afterwards ---------------------------------------------------------------


def look(scene: Scene) -> None:
    """Start the program again, with the sweep that goes on beside a bot's start, and tell how things are."""
    wiring = scene.wiring
    wiring.begin()
    wiring.sweep()
    wiring.settle()
    scene.acknowledge(state=_state(scene))


def look_after_restore(scene: Scene) -> None:
    """Restore again unless it is done, and tell how things are."""
    with suppress(RefusedError):
        Wiring(load_settings(scene.data)).restore(scene.data / "journal")
    look(scene)


def look_after_repair(scene: Scene) -> None:
    """Repair again, and tell how things are."""
    scene.wiring.fsck(repair=True)
    look(scene)


def look_after_import(scene: Scene) -> None:
    """Import again, see that the conversation has come over, and tell how things are."""
    wiring = scene.wiring
    wiring.begin()
    wiring.import_file(scene.out / "erin.zip", OPERATOR)
    assert wiring.conversations.load("erin", "a channel", wiring.clock.now()) == [UserMessage("hello")]
    look(scene)


def _state(scene: Scene) -> Mapping[str, Any]:
    wiring = scene.wiring
    report, fsck = wiring.verify(), wiring.fsck()
    rebuilt = wiring.replay(Replay(dry_run=True)).views
    ledgers = list(_ledgers(wiring))
    return {
        "files": {file.file_id: file.sha256 for ledger in ledgers for file in ledger.files.values()},
        "names": sorted(
            blob_name(file.file_id, file.extension) for ledger in ledgers for file in ledger.files.values()
        ),
        "on_disk": sorted(
            path.name
            for folder in ("user_files", "staging")
            for path in (scene.data / folder).rglob("*")
            if path.is_file()
        ),
        "running": [run for ledger in ledgers for run in ledger.running],
        "users": [ledger.user_id for ledger in ledgers],
        "held": [target for ledger in ledgers for target in ledger.holds if target],
        "problems": [problem.detail for problem in report.problems],
        "plan": [f"{step.action.value} {step.what}" for step in fsck.plan],
        "stale_views": [view.name for view in rebuilt if view.digest_before != view.digest_after],
        "journal": wiring.journal.status().position,
        "temporary": [
            str(path.relative_to(scene.data)) for path in scene.data.rglob(".*") if path.name != ".lock"
        ],
    }


def _ledgers(wiring: Wiring) -> Iterator[Any]:
    for ledger_id in wiring.store.ledger_ids():
        owner = wiring.store.owner_of(ledger_id)
        if owner is not None and (ledger := wiring.store.load(owner)) is not None:
            yield ledger
