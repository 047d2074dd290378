"""Rebuilds views from the ledger, beside the live ones, and swaps them in at one stroke.

A rebuild claims a new generation of each view and fills it alone. The swap is one
conditional update of the state document: it goes through only while no live view
is further than the rebuilt one, and sets collection and position together. So

- a follower that steps before the swap makes it fail, and the rebuild reads on;
- a follower that steps after it finds its collections replaced, notes no progress
  and goes on from the swapped position into the new collections;
- a rebuild killed anywhere leaves the live views alone, and the next one, whose
  claim fences it out should it still run, drops what it left.
"""

from collections.abc import Callable, Sequence
from typing import Self

from pymongo.collection import Collection
from pymongo.database import Database

from application.ports.ledger import LedgerStore, Recorded
from application.ports.views import RebuiltView
from domain.errors import EnvironmentFaultError
from infrastructure.views.bounds import Bounds, Progress
from infrastructure.views.client import Document
from infrastructure.views.digest import Digest, digest
from infrastructure.views.folding import Fold
from infrastructure.views.generations import drop_unless_live, make_collection, publish, tidy
from infrastructure.views.owners import Owners
from infrastructure.views.projections import Projection
from infrastructure.views.state import StateStore
from infrastructure.views.writing import load, write_alone

EVENTS_A_BATCH = 2_000
# What is buffered is written at this many documents: most files come and go within, and are never written.
DOCUMENTS_BUFFERED = 20_000


class Rebuild:
    """One rebuild of some views. A context manager: what is not live at its end is dropped."""

    def __init__(
        self,
        database: Database[Document],
        ledger: LedgerStore,
        projections: Sequence[Projection],
        bounds: Bounds,
        on_progress: Progress | None = None,
    ) -> None:
        self._database, self._ledger, self._bounds = database, ledger, bounds
        self._on_progress = on_progress or (lambda _done, _total: None)
        self._states, self._owners = StateStore(database), Owners(ledger)
        self._position, self._events = 0, 0
        self._claim = self._states.claim(projection.view for projection in projections)
        self._scratches = [
            _Scratch(database[self._claim.collection_of(projection.view)], projection, self._owners)
            for projection in projections
        ]

    def __enter__(self) -> Self:
        """Make the new collections."""
        tidy(self._database, self._states.load())
        for view, generation in self._claim.generations.items():
            make_collection(self._database, view, generation)
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the new collections, unless they are the live ones now."""
        state = self._states.load()
        for view in self._claim.generations:
            drop_unless_live(self._database, state, view, self._claim.collection_of(view))

    def run(self, *, swap: bool) -> Sequence[RebuiltView]:
        """Build, swap if wanted, and tell the digests before and after.

        Raises:
            EnvironmentFaultError: another rebuild began meanwhile.
        """
        before = self._digests(self._states.load().collection_of)
        self._read()
        if swap:
            self._swap()
        after = self._digests(self._claim.collection_of)
        self._refuse_to_be_second()
        return [
            RebuiltView(view, before[view].sha256, after[view].sha256, after[view].documents)
            for view in after
        ]

    def _digests(self, name_of: Callable[[str], str]) -> dict[str, Digest]:
        query = self._bounds.query
        return {view: digest(self._database[name_of(view)], query) for view in self._claim.generations}

    def _read(self) -> None:
        """Take in what the ledger holds by now."""
        head = self._bounds.up_to(self._ledger.head())
        for batch in self._bounds.batches(self._ledger, self._position, head, EVENTS_A_BATCH):
            self._owners.learn(batch)
            for scratch in self._scratches:
                scratch.take(batch)
            self._events += sum(self._bounds.includes(recorded) for recorded in batch)
            self._on_progress(self._events, max(head - self._bounds.first + 1, self._events))
        for scratch in self._scratches:
            scratch.flush()
        self._position = head
        self._on_progress(self._events, self._events)

    def _swap(self) -> None:
        before = self._states.swap(self._claim, self._position, self._position)
        while before is None:
            self._refuse_to_be_second()
            live = self._states.load()
            self._read()
            # Having read all there is, only a view of a ledger that is no more can be further.
            before = self._states.swap(self._claim, self._position, max(self._position, live.furthest))
        for view in self._claim.generations:
            publish(self._database, view)
            self._database.drop_collection(before.collection_of(view))

    def _refuse_to_be_second(self) -> None:
        if not self._claim.holds_in(self._states.load()):
            msg = "Another replay of the same views began meanwhile. Wait for its end, then try again."
            raise EnvironmentFaultError(msg)


class _Scratch:
    """A new generation being filled: changes are buffered, then written by nobody else."""

    def __init__(self, collection: Collection[Document], projection: Projection, owners: Owners) -> None:
        self._collection, self._is_empty = collection, True
        self._fold = Fold(projection, owners, self._load)

    def take(self, events: Sequence[Recorded]) -> None:
        """Fold events; write when much is buffered."""
        self._fold.take(events)
        if len(self._fold.changes) >= DOCUMENTS_BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        write_alone(self._collection, self._fold.changes)
        self._is_empty = self._is_empty and not self._fold.changes
        self._fold.changes.clear()

    def _load(self, keys: Sequence[str]) -> Sequence[Document]:
        return [] if self._is_empty else list(load(self._collection, keys))
