"""How long an upload takes in a short ledger and in long ones: bytes durable, event durable."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from application.ledgers import Ledgers
from application.policy import UsagePolicy
from application.upload import UploadFile
from benchmarks.replay.databases import Databases, MakeDatabases
from benchmarks.replay.entrants import Ledger
from benchmarks.replay.filling import fill
from benchmarks.replay.stories import Told
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.clock import RandomIds, SystemClock
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import DatabaseLedgerStore

USER = "user-0"
UPLOADS = 60
WARMED_UP = 100
"""As many uploads pass a snapshot: what was filled in bulk has none."""
CONTENT = b"a,b\n1,2\n" * 500


@dataclass(frozen=True)
class Latency:
    """Milliseconds that half of the uploads took at a length: in a long-lived process, and in a new one."""

    kind: str
    events: int
    warm_ms: float
    cold_ms: float


class _House:
    """One user's ledger of a length in one kind of database."""

    def __init__(self, folder: Path, databases: Databases, events: int) -> None:
        self._folder, self._databases = folder, databases
        self.kind, self.events = databases.kind, events
        self.warm_ms: list[float] = []
        self.cold_ms: list[float] = []
        self._store = self._open()

    def log(self) -> Ledger:
        """Return what the house's ledger is filled through."""
        return Ledger(self._store, KeyFolder(self._folder / "keys"))

    def warm_up(self, uploads: int) -> None:
        """Upload what is not measured."""
        for number in range(uploads):
            self._upload(self._store, f"first-{number}")

    def upload(self, number: int) -> None:
        """Upload with a process that knows the ledger, and with one that has just been started."""
        self.warm_ms.append(self._upload(self._store, f"warm-{number}"))
        fresh = self._open()
        fresh.head()
        self.cold_ms.append(self._upload(fresh, f"cold-{number}"))
        fresh.close()
        self._store.load(USER)  # sees what the other process added, which is no part of an upload

    def _open(self) -> DatabaseLedgerStore:
        return self._databases.ledger(KeyFolder(self._folder / "keys"))

    def _upload(self, store: DatabaseLedgerStore, source: str) -> float:
        blobs = FolderBlobStore(self._folder / self.kind)
        upload = UploadFile(Ledgers(store, SystemClock()), blobs, RandomIds(), UsagePolicy())
        began = time.perf_counter()
        upload(USER, "data.csv", [CONTENT], source=source)
        return (time.perf_counter() - began) * 1000


def measure_uploads(
    lengths: Sequence[int], folder: Path, databases: MakeDatabases, uploads: int, warmed_up: int
) -> list[Latency]:
    """Return the latencies; the lengths take turns."""
    houses = [
        house for events in lengths for house in _filled(events, folder / f"uploads-{events}", databases)
    ]
    houses.sort(key=lambda house: house.kind, reverse=True)
    for house in houses:
        house.warm_up(warmed_up)
    for number in range(uploads):
        for house in houses:
            house.upload(number)
    return [
        Latency(house.kind, house.events, statistics.median(house.warm_ms), statistics.median(house.cold_ms))
        for house in houses
    ]


def _filled(events: int, folder: Path, databases: MakeDatabases) -> list[_House]:
    houses = [_House(folder, each, events) for each in databases(folder, f"uploads_{events}")]
    fill(Told(users=1), events, [[house.log() for house in houses]])
    return houses
