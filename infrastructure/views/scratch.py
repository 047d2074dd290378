"""A new generation of a view being filled: changes are buffered, then written by nobody else."""

from collections.abc import Sequence

from pymongo.database import Database

from application.ports.ledger import Recorded
from domain.errors import IntegrityFaultError
from infrastructure.views.client import Document
from infrastructure.views.folding import Fold
from infrastructure.views.generations import find_misshapen, make_bare, make_collection
from infrastructure.views.owners import Owners
from infrastructure.views.projections import Projection
from infrastructure.views.state import collection_name
from infrastructure.views.writing import load, write_alone

_FEW_CHANGES = 4_000


class Scratch:
    """One view's new generation."""

    def __init__(
        self, database: Database[Document], projection: Projection, generation: int, owners: Owners
    ) -> None:
        self._database, self._projection, self._generation = database, projection, generation
        self._collection = database[collection_name(projection.view, generation)]
        self._is_empty = True
        self._fold = Fold(projection, owners, self._load)
        self._thinned_at = _FEW_CHANGES

    def make(self) -> None:
        """Make the collection, bare: validator and indexes come last, once, not for every document."""
        make_bare(self._database, self._projection.view, self._generation)

    def take_over(self, generation: int, position: int) -> None:
        """Go on from a former generation, which holds the events up to `position`.

        It is renamed, so that a rebuild that still fills it writes into nothing. What
        was written of later events goes, and comes again; documents that are folded from
        what is stored tell by themselves which events they hold.
        """
        self._database[collection_name(self._projection.view, generation)].rename(self._collection.name)
        self.make()
        self._is_empty = False
        if not self._projection.needs_stored:
            self._collection.delete_many({"position": {"$gt": position}})

    def take(self, events: Sequence[Recorded]) -> None:
        """Fold events; most files come and go before anything is written, and are not kept."""
        self._fold.take(events)
        if len(self._fold.changes) >= self._thinned_at:
            self._thin_out()
            self._thinned_at = max(_FEW_CHANGES, 2 * len(self._fold.changes))

    def holds_many(self, limit: int) -> bool:
        """Tell whether it is time to write."""
        if len(self._fold.changes) > limit:
            self._thin_out()
        return len(self._fold.changes) > limit

    def flush(self) -> None:
        """Write what is buffered."""
        write_alone(self._collection, self._fold.changes)
        self._is_empty = self._is_empty and not self._fold.changes
        self._fold.changes.clear()

    def complete(self) -> None:
        """Make the collection fit to be read, and to be written by followers.

        Raises:
            IntegrityFaultError: a document that was written before the validator is none that it lets pass.
        """
        make_collection(self._database, self._projection.view, self._generation)
        misshapen = find_misshapen(self._collection, self._projection.view)
        if misshapen is not None:
            msg = (
                f"The rebuilt view {self._projection.view} has not the shape that it must have, at the "
                f"document {misshapen!r}: it takes nobody's place. Run `fileledger verify`; if that finds "
                "the ledger sound, report this as a fault of the program."
            )
            raise IntegrityFaultError(msg)

    def _thin_out(self) -> None:
        changes = self._fold.changes
        for key in [key for key, change in changes.items() if change.leaves_nothing]:
            del changes[key]

    def _load(self, keys: Sequence[str]) -> Sequence[Document]:
        return [] if self._is_empty else list(load(self._collection, keys))
