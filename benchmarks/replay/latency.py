"""How long an upload takes in a short ledger and in long ones: bytes durable, event durable."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from application.ledgers import Ledgers
from application.policy import UsagePolicy
from application.upload import UploadFile
from benchmarks.replay.entrants import Ledger
from benchmarks.replay.stories import Told
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.clock import RandomIds, SystemClock
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore

USER = "user-0"
UPLOADS = 60
WARMED_UP = 100
"""As many uploads pass a snapshot: what was filled in bulk has none."""
CONTENT = b"a,b\n1,2\n" * 500


@dataclass(frozen=True)
class Latency:
    """Milliseconds that half of the uploads took at a length: in a long-lived process, and in a new one."""

    events: int
    warm_ms: float
    cold_ms: float


class _House:
    """One user's ledger of a length."""

    def __init__(self, folder: Path, events: int, warmed_up: int) -> None:
        self._folder, self.events = folder, events
        self.warm_ms: list[float] = []
        self.cold_ms: list[float] = []
        _fill(folder, events)
        self._store = self._open()
        for number in range(warmed_up):
            self._upload(self._store, f"first-{number}")

    def upload(self, number: int) -> None:
        """Upload with a process that knows the ledger, and with one that has just been started."""
        self.warm_ms.append(self._upload(self._store, f"warm-{number}"))
        fresh = self._open()
        fresh.head()
        self.cold_ms.append(self._upload(fresh, f"cold-{number}"))
        fresh.close()
        self._store.load(USER)  # sees what the other process added, which is no part of an upload

    def _open(self) -> SQLiteLedgerStore:
        return SQLiteLedgerStore(self._folder / "ledger" / "ledger.db", KeyFolder(self._folder / "keys"))

    def _upload(self, store: SQLiteLedgerStore, source: str) -> float:
        blobs = FolderBlobStore(self._folder / "user_files")
        upload = UploadFile(Ledgers(store, SystemClock()), blobs, RandomIds(), UsagePolicy())
        began = time.perf_counter()
        upload(USER, "data.csv", [CONTENT], source=source)
        return (time.perf_counter() - began) * 1000


def measure_uploads(
    lengths: tuple[int, ...], folder: Path, uploads: int = UPLOADS, warmed_up: int = WARMED_UP
) -> list[Latency]:
    """Return the latencies; the lengths take turns."""
    houses = [_House(folder / str(events), events, warmed_up) for events in lengths]
    for number in range(uploads):
        for house in houses:
            house.upload(number)
    return [
        Latency(house.events, statistics.median(house.warm_ms), statistics.median(house.cold_ms))
        for house in houses
    ]


def _fill(folder: Path, events: int) -> None:
    ledger = Ledger(folder)
    for pending in Told(users=1).saves(events):
        ledger.fill(ledger.encode(pending))
    ledger.store.close()
