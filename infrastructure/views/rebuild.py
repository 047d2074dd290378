"""Rebuilds views from the ledger, beside the live ones, and swaps them in at one stroke.

A rebuild claims a new generation of each view and fills it alone. The swap is one
conditional update of the state document: it goes through only while no live view
is further than the rebuilt one, and sets collection and position together. So

- a follower that steps before the swap makes it fail, and the rebuild reads on;
- a follower that steps after it finds its collections replaced, notes no progress
  and goes on from the swapped position into the new collections;
- a rebuild killed anywhere leaves the live views alone. Where it had written, it noted
  how far it was, and the next one, whose claim fences it out should it still run, goes
  on from there; what else it left is dropped.
"""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from pymongo.database import Database
from pymongo.errors import OperationFailure

from application.ports.ledger import Batch, LedgerStore
from application.ports.views import RebuiltView, Watch
from domain.errors import EnvironmentFaultError, ReplayCancelledError
from infrastructure.garbage import collected_rarely
from infrastructure.views.bounds import Bounds
from infrastructure.views.client import Document
from infrastructure.views.comparison import compare
from infrastructure.views.generations import drop_unless_live, publish, tidy
from infrastructure.views.owners import Owners
from infrastructure.views.projections import Projection, kinds_taken
from infrastructure.views.quarantine import damage_in, is_free
from infrastructure.views.recipe import recipe
from infrastructure.views.scratch import Scratch
from infrastructure.views.state import Claim, StateStore, Unfinished

EVENTS_A_BATCH = 2_000
# At so many changes in one view, all is written: it bounds memory, and what a killed rebuild has to do again.
CHANGES_BUFFERED = 50_000


class Rebuild:
    """One rebuild of some views. A context manager: what is of no more use at its end is dropped.

    `swaps`: the rebuilt views take the place of the live ones; if not, they are compared only.
    """

    def __init__(
        self,
        database: Database[Document],
        ledger: LedgerStore,
        projections: Sequence[Projection],
        bounds: Bounds,
        watch: Watch,
        *,
        swaps: bool,
    ) -> None:
        self._database, self._ledger, self._bounds = database, ledger, bounds
        self._watch, self._swaps = watch, swaps
        self._states, self._owners = StateStore(database), Owners(ledger)
        self._position, self._events = 0, 0
        self._quarantined: dict[UUID, int] = {}
        self._kinds = frozenset(kind for each in projections for kind in kinds_taken(each))
        self._claim = self._states.claim(projection.view for projection in projections)
        self._scratches = {
            projection.view: Scratch(
                database, projection, self._claim.generations[projection.view], self._owners
            )
            for projection in projections
        }

    def __enter__(self) -> Self:
        """Make the new collections, or take over those of an interrupted rebuild."""
        unfinished = _usable(self._claim, self._ledger.head()) if self._swaps else None
        if unfinished:
            for view, scratch in self._scratches.items():
                scratch.take_over(unfinished.generations[view], unfinished.position)
            self._position, self._events = unfinished.position, unfinished.events
            self._quarantined = dict(unfinished.quarantined)
        tidy(self._database, self._states.load())
        for scratch in self._scratches.values():
            scratch.make()
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the new collections, unless they are the live ones now, or can be gone on from."""
        state = self._states.load()
        if state.unfinished and state.unfinished.generations == self._claim.generations:
            return
        for view in self._scratches:
            drop_unless_live(self._database, state, view, self._claim.collection_of(view))

    def run(self) -> Sequence[RebuiltView]:
        """Build, compare, and swap if wanted.

        Raises:
            EnvironmentFaultError: another rebuild began meanwhile.
            ReplayCancelledError: whoever watches wants it to stop.
        """
        try:
            with collected_rarely():
                self._read()
            for scratch in self._scratches.values():
                scratch.complete()
            compared = self._compare()
        except OperationFailure:  # another one may have dropped what this one fills
            self._refuse_to_be_second()
            raise
        if self._swaps:
            self._swap()
        self._refuse_to_be_second()
        return compared

    def _compare(self) -> list[RebuiltView]:
        live, database = self._states.load(), self._database
        return [
            compare(
                view,
                database[live.collection_of(view)],
                database[self._claim.collection_of(view)],
                self._bounds.query,
            )
            for view in self._scratches
        ]

    def _read(self) -> None:
        """Take in what the ledger holds by now."""
        head = self._bounds.up_to(self._ledger.head())
        self._tell(head)
        for batch in self._bounds.batches(self._ledger, self._position, head, EVENTS_A_BATCH, self._kinds):
            self._take(batch)
            self._tell(head)
            if self._watch.is_cancelled():
                self._cancel(head)
            if any(scratch.holds_many(CHANGES_BUFFERED) for scratch in self._scratches.values()):
                self._write_and_note()
        self._write()
        self._position = head
        self._watch.on_progress(self._events, self._events)

    def _take(self, batch: Batch) -> None:
        self._quarantined |= damage_in(batch, self._owners, self._quarantined)
        events = batch.events
        if self._quarantined:
            events = [recorded for recorded in events if is_free(recorded, self._quarantined)]
        for scratch in self._scratches.values():
            scratch.take(events)
        self._position = batch.reached
        self._events += self._bounds.count(batch)

    def _tell(self, head: int) -> None:
        self._watch.on_progress(self._events, max(head - self._bounds.first + 1, self._events))

    def _write(self) -> None:
        for scratch in self._scratches.values():
            scratch.flush()

    def _write_and_note(self) -> None:
        self._write()
        if self._swaps:
            generations = dict(self._claim.generations)
            unfinished = Unfinished(generations, self._position, self._events, recipe(), self._quarantined)
            if not self._states.note_unfinished(self._claim, unfinished):
                self._refuse_to_be_second()

    def _cancel(self, head: int) -> None:
        self._write_and_note()
        again = "Run `fileledger replay` again to go on from there." if self._swaps else ""
        msg = f"The replay was stopped at position {self._position} of {head}; the views are as they were."
        raise ReplayCancelledError(f"{msg} {again}".rstrip())

    def _swap(self) -> None:
        before = self._states.swap(self._claim, self._position, self._position, self._quarantined)
        while before is None:
            self._refuse_to_be_second()
            live = self._states.load()
            self._read()
            # Having read all there is, only a view of a ledger that is no more can be further.
            furthest = max(self._position, live.furthest)
            before = self._states.swap(self._claim, self._position, furthest, self._quarantined)
        for view in self._scratches:
            publish(self._database, view)
            self._database.drop_collection(before.collection_of(view))

    def _refuse_to_be_second(self) -> None:
        if not self._claim.holds_in(self._states.load()):
            msg = "Another replay of the same views began meanwhile. Wait for its end, then try again."
            raise EnvironmentFaultError(msg)


def _usable(claim: Claim, head: int) -> Unfinished | None:
    """Return what the claim may go on from, if it is of this code and of a ledger like this one."""
    unfinished = claim.unfinished
    is_usable = unfinished and unfinished.recipe == recipe() and unfinished.position <= head
    return unfinished if is_usable else None
