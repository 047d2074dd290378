"""Appending, reading and rebuilding at one length of the ledger, both ways in turns."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self
from uuid import uuid4

from pymongo import MongoClient

from benchmarks.page import BenchmarkError
from benchmarks.replay.databases import MakeDatabases
from benchmarks.replay.entrants import Entrant, Ledger, Library
from benchmarks.replay.filling import fill
from benchmarks.replay.stories import Told
from domain.events import LedgerEvent
from infrastructure.ledger.keys import KeyFolder
from infrastructure.views.client import CODEC, Document
from infrastructure.views.mongo_views import MongoViews
from migrations import apply_migrations

EVENTS_A_USER = 1_000
SAVES_A_ROUND = 40
APPEND_ROUNDS = 5
ROUNDS = {10_000: 5, 100_000: 3}
_SAMPLE_S = 0.2


@dataclass(frozen=True)
class Length:
    """What was measured in one database at `events` events: saves and events a second, by medians.

    The library's figure stands first. `commands` are whole: decided, encoded and saved by the ledger,
    encoded and saved by the library. `grown_mb` is memory, in a rebuild.
    """

    kind: str
    events: int
    saves: tuple[float, float]
    commands: tuple[float, float]
    reads: tuple[float, float]
    rebuilt: float
    grown_mb: float
    documents: int

    @property
    def append_ratio(self) -> float:
        """How fast the ledger appends, beside the library."""
        return self.saves[1] / self.saves[0]

    @property
    def command_ratio(self) -> float:
        """How fast the ledger decides and saves, beside the library that only saves."""
        return self.commands[1] / self.commands[0]

    @property
    def read_ratio(self) -> float:
        """How fast the ledger is read and decoded, beside the library."""
        return self.reads[1] / self.reads[0]

    @property
    def rebuild_ratio(self) -> float:
        """How fast the views are rebuilt, beside reading and decoding the ledger."""
        return self.rebuilt / self.reads[1]


@dataclass(frozen=True)
class _Pair:
    """Both logs in databases of a kind."""

    kind: str
    library: Library
    ledger: Ledger


def measure(
    events: int,
    folder: Path,
    databases: MakeDatabases,
    client: MongoClient[Document],
    say: Callable[[str], None],
    saves_a_round: int = SAVES_A_ROUND,
) -> list[Length]:
    """Fill the logs and measure; return what was seen in each kind of database."""
    keys = KeyFolder(folder / "keys")
    pairs = [
        _Pair(each.kind, Library(each.library()), Ledger(each.ledger(keys), keys))
        for each in databases(folder, str(events))
    ]
    told = Told(users=max(10, events // EVENTS_A_USER))
    say(f"{events:,} events: filling")
    fill(told, events, ([pair.library for pair in pairs], [pair.ledger for pair in pairs]))
    say(f"{events:,} events: appending")
    appended = _appending(told, pairs, saves_a_round)
    lengths = []
    for pair, (saves, commands) in zip(pairs, appended, strict=True):
        say(f"{events:,} events: reading, rebuilding, {pair.kind}")
        lengths.append(_read_and_rebuild(pair, events, client, saves, commands))
        pair.ledger.store.close()
    return lengths


def _read_and_rebuild(
    pair: _Pair,
    events: int,
    client: MongoClient[Document],
    saves: tuple[float, float],
    commands: tuple[float, float],
) -> Length:
    reads: list[tuple[float, float]] = []
    rebuilds: list[float] = []
    grown_mb, documents = 0.0, 0
    for _ in range(ROUNDS.get(events, 1)):
        reads.append((_rate(pair.library.read), _rate(pair.ledger.read)))
        with _Memory() as memory:
            documents, took_s = _rebuild(pair.ledger, client)
        rebuilds.append(pair.ledger.store.head() / took_s)
        grown_mb = max(grown_mb, memory.grown_mb)
    rebuilt = statistics.median(rebuilds)
    return Length(pair.kind, events, saves, commands, _medians(reads), rebuilt, grown_mb, documents)


def _appending(
    told: Told, pairs: Sequence[_Pair], saves: int
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return for each pair saves a second and whole commands a second, a deed a save, durable each."""
    rates: list[list[tuple[_Seconds, _Seconds]]] = [[] for _ in pairs]
    for _ in range(APPEND_ROUNDS):
        began = time.perf_counter()
        deeds = list(islice(told.saves(10**9), saves))
        deciding_s = time.perf_counter() - began
        for pair, mine in zip(pairs, rates, strict=True):
            mine.append((_save(pair.library, deeds, 0.0), _save(pair.ledger, deeds, deciding_s)))
    return [
        (
            _medians([(saves / library.saving, saves / ledger.saving) for library, ledger in mine]),
            _medians([(saves / library.whole, saves / ledger.whole) for library, ledger in mine]),
        )
        for mine in rates
    ]


class _Seconds(NamedTuple):
    """What some deeds took: to be saved only, and with all that comes before."""

    saving: float
    whole: float


def _save(log: Entrant, deeds: Sequence[Sequence[LedgerEvent]], deciding_s: float) -> _Seconds:
    began = time.perf_counter()
    encoded = [log.encode(pending) for pending in deeds]
    encoded_at = time.perf_counter()
    for stored in encoded:
        log.append(stored)
    saved_at = time.perf_counter()
    return _Seconds(saved_at - encoded_at, deciding_s + saved_at - began)


def _medians(rates: Sequence[tuple[float, float]]) -> tuple[float, float]:
    one, other = (statistics.median(each) for each in zip(*rates, strict=True))
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
