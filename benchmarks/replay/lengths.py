"""Appending, reading and rebuilding at one length of the ledger, both ways in turns."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from pymongo import MongoClient

from benchmarks.page import BenchmarkError
from benchmarks.replay.entrants import Entrant, Ledger, Library
from benchmarks.replay.stories import Told
from domain.events import LedgerEvent
from infrastructure.views.client import CODEC, Document
from infrastructure.views.mongo_views import MongoViews
from migrations import apply_migrations

EVENTS_A_USER = 1_000
FILLED_AT_A_TIME = 5_000
SAVES_A_ROUND = 40
APPEND_ROUNDS = 5
ROUNDS = {10_000: 5, 100_000: 3}
_SAMPLE_S = 0.2


@dataclass(frozen=True)
class Length:
    """What was measured at `events` events: saves and events a second, by medians.

    The library's figure stands first. `grown_mb` is memory, in a rebuild.
    """

    events: int
    saves: tuple[float, float]
    reads: tuple[float, float]
    rebuilt: float
    grown_mb: float
    documents: int

    @property
    def append_ratio(self) -> float:
        """How fast the ledger appends, beside the library."""
        return self.saves[1] / self.saves[0]

    @property
    def read_ratio(self) -> float:
        """How fast the ledger is read and decoded, beside the library."""
        return self.reads[1] / self.reads[0]

    @property
    def rebuild_ratio(self) -> float:
        """How fast the views are rebuilt, beside reading and decoding the ledger."""
        return self.rebuilt / self.reads[1]


def measure(
    events: int,
    folder: Path,
    client: MongoClient[Document],
    say: Callable[[str], None],
    saves_a_round: int = SAVES_A_ROUND,
) -> Length:
    """Fill both logs and measure."""
    folder.mkdir()
    library, ledger = Library(folder / "library.db"), Ledger(folder)
    told = Told(users=max(10, events // EVENTS_A_USER))
    say(f"{events:,} events: filling")
    for entrant, stored in _filling(told, events, (library, ledger)):
        entrant.fill(stored)
    say(f"{events:,} events: appending, reading, rebuilding")
    saves = _appending(told, (library, ledger), saves_a_round)
    reads: list[tuple[float, float]] = []
    rebuilds: list[float] = []
    grown_mb, documents = 0.0, 0
    for _ in range(ROUNDS.get(events, 1)):
        reads.append((_rate(library.read), _rate(ledger.read)))
        with _Memory() as memory:
            documents, took_s = _rebuild(ledger, client)
        rebuilds.append(ledger.store.head() / took_s)
        grown_mb = max(grown_mb, memory.grown_mb)
    ledger.store.close()
    one, other = (statistics.median(rates) for rates in zip(*reads, strict=True))
    return Length(events, saves, (one, other), statistics.median(rebuilds), grown_mb, documents)


def _filling(
    told: Told, events: int, entrants: Sequence[Entrant]
) -> Iterator[tuple[Entrant, list[StoredEvent]]]:
    batch: list[LedgerEvent] = []
    for pending in told.saves(events):
        batch += pending
        if len(batch) >= FILLED_AT_A_TIME:
            yield from ((entrant, entrant.encode(batch)) for entrant in entrants)
            batch = []
    yield from ((entrant, entrant.encode(batch)) for entrant in entrants)


def _appending(told: Told, entrants: Sequence[Entrant], saves: int) -> tuple[float, float]:
    """Return the saves a second of each, a deed a save; encoding is not counted, durability is."""
    rates: list[list[float]] = [[] for _ in entrants]
    for _ in range(APPEND_ROUNDS):
        deeds = list(islice(told.saves(10**9), saves))
        for entrant, mine in zip(entrants, rates, strict=True):
            encoded = [entrant.encode(pending) for pending in deeds]
            began = time.perf_counter()
            for stored in encoded:
                entrant.append(stored)
            mine.append(len(encoded) / (time.perf_counter() - began))
    one, other = (statistics.median(mine) for mine in rates)
    return one, other


def _rate(read: Callable[[], int]) -> float:
    began = time.perf_counter()
    count = read()
    return count / (time.perf_counter() - began)


def _rebuild(ledger: Ledger, client: MongoClient[Document]) -> tuple[int, float]:
    """Rebuild the views in a new database; return how many documents they hold, and how long it took."""
    database = client.get_database(f"bench_{uuid4().hex}", codec_options=CODEC)
    apply_migrations(database)
    try:
        views = MongoViews(database, ledger.store, lambda user_id, name: f"/{user_id}/{name}")
        began = time.perf_counter()
        rebuilt = views.rebuild()
        took_s = time.perf_counter() - began
        if any(view.difference.surplus for view in rebuilt):
            message = "a rebuilt view lacks what a live one has"
            raise BenchmarkError(message)
        return sum(view.documents for view in rebuilt), took_s
    finally:
        client.drop_database(database.name)


class _Memory:
    """How far the process's resident memory grows within a block, in MB."""

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._first = self._most = _resident_mb()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def grown_mb(self) -> float:
        """The most there was, less what there was at first."""
        return self._most - self._first

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self._most = max(self._most, _resident_mb())


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
