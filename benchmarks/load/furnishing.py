"""A data folder that has been lived in, filled in bulk with what its users would have left there.

Ledger (digests, snapshots), journal, views, keys, and the bytes of every live file: what no
event tells apart from a house in which all of it was done one by one.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from application import forget, purge
from benchmarks.replay.entrants import Ledger
from benchmarks.replay.filling import fill
from benchmarks.replay.stories import Told
from domain.events import LedgerEvent
from domain.files import LedgerFile, NewFile, blob_name
from domain.ledger import UserLedger
from domain.metadata import Metadata, user_actor
from domain.retention import Limits
from domain.snapshot import LedgerSnapshot
from infrastructure.clock import SystemClock
from infrastructure.files import make_private_folder
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.settings import Settings
from interfaces.wiring import Wiring

LASTED = timedelta(hours=10)
"""Over how long the users did all that: shorter than files live."""
FURNISHED = "furnished"
"""Lies beside the data folder when nothing is missing there."""


@dataclass(frozen=True)
class Size:
    """How much there is: users, uploads that each may hold, events of all."""

    users: int = 1_000
    uploads_each: int = 100
    events: int = 1_000_000

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of a program that is to serve them."""
        return {"MAX_FILES_PER_USER": str(self.uploads_each)}

    def settings(self, data_dir: Path) -> Settings:
        """Return the same for a wiring; nothing of the environment gets in."""
        given = {name.lower(): value for name, value in self.environment.items()}
        return Settings.model_validate({"fileledger_data_dir": data_dir, **given})


def furnish(folder: Path, size: Size, say: Callable[[str], None]) -> Path:
    """Fill the data folder in `folder`, unless it is there, and return it."""
    data_dir = folder.resolve() / "data"
    if (folder / FURNISHED).exists():
        return data_dir
    say(f"{size.events:,} events")
    files = _tell(data_dir, size)
    say(f"the bytes of {sum(map(len, files.values())):,} files")
    for user_id, live in files.items():
        keep_bytes(data_dir, user_id, live)
    say("journal and views")
    with Wiring(size.settings(data_dir)) as wiring:
        for policy in (purge.POLICY, forget.POLICY):
            wiring.store.advance_policy(policy, wiring.store.head())
        wiring.journal.catch_up()
        wiring.replay()
    (folder / FURNISHED).touch()
    return data_dir


def content_of(file_id: str) -> bytes:
    """Return the bytes of a made-up file."""
    return b"name,value\n" + f"{file_id},1\n".encode() * 20


def new_file(file_id: str) -> NewFile:
    """Describe a made-up file."""
    content = content_of(file_id)
    digest = hashlib.sha256(content).hexdigest()
    name = f"table {file_id}.csv"
    return NewFile(file_id=file_id, filename=name, file_type="CSV", size_bytes=len(content), sha256=digest)


def keep_bytes(data_dir: Path, user_id: str, files: Sequence[LedgerFile]) -> None:
    """Write the bytes of a user's files where the program looks for them."""
    home = data_dir / "user_files" / user_id
    make_private_folder(home)
    for file in files:
        path = home / blob_name(file.file_id, file.extension)
        path.write_bytes(content_of(file.file_id))
        path.chmod(0o600)


def furnish_due(data_dir: Path, users: int, files_each: int, due: datetime) -> Mapping[str, Sequence[str]]:
    """Give new users files that all expire at once, and return the ids by user."""
    ledger, limits = _ledger(data_dir), Limits(max_files=files_each)
    made, events = dict[str, Sequence[str]](), list[LedgerEvent]()
    begins = SystemClock().now()
    for number in range(users):
        user_id = f"due-{begins:%H%M%S}-{number}"
        metadata = Metadata(timestamp=begins, actor=user_actor(user_id))
        owned = UserLedger.open(user_id, metadata)
        for count in range(files_each):
            file = new_file(f"{begins:%M%S}{number * files_each + count:08d}")
            owned.upload(file, source=file.file_id, expires_at=due, limits=limits, metadata=metadata)
        made[user_id] = list(owned.files)
        events += [cast("LedgerEvent", event) for event in owned.collect_events()]
        keep_bytes(data_dir, user_id, list(owned.files.values()))
    ledger.fill(ledger.encode(events))
    ledger.store.close()
    return made


class _Story(Told):
    """The story of the users, which ends now."""

    def __init__(self, size: Size) -> None:
        self.limits = Limits(max_files=size.uploads_each)
        self.begins = SystemClock().now() - LASTED
        self.pace = LASTED / size.events  # no deed is without an event
        super().__init__(size.users)

    def new_file(self, number: int) -> NewFile:
        """Return a file whose bytes are known."""
        return new_file(f"{number:012d}")


class _SnapshotStore(SQLiteLedgerStore):
    """Takes the snapshots that saving deed by deed would have left."""

    def take_snapshots(self, ledgers: Sequence[UserLedger]) -> None:
        """Keep a snapshot of each ledger."""
        snapshots = self._application.snapshots
        if snapshots is not None:
            snapshots.put([LedgerSnapshot.take(ledger) for ledger in ledgers])


def _ledger(data_dir: Path) -> Ledger:
    keys = KeyFolder(data_dir / "keys")
    return Ledger(SQLiteLedgerStore(data_dir / "ledger" / "ledger.db", keys), keys)


def _tell(data_dir: Path, size: Size) -> Mapping[str, Sequence[LedgerFile]]:
    """Record the story, and return everybody's live files."""
    ledger, story = _ledger(data_dir), _Story(size)
    fill(story, size.events, [[ledger]])
    ledger.store.close()
    store = _SnapshotStore(data_dir / "ledger" / "ledger.db", KeyFolder(data_dir / "keys"))
    store.take_snapshots(list(story.ledgers.values()))
    store.close()
    return {user_id: list(owned.files.values()) for user_id, owned in story.ledgers.items()}
