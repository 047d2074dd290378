"""Folds a run of events into what changes in one view, before anything is written."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from application.ports.ledger import Recorded
from domain.errors import IntegrityFaultError
from infrastructure.views.client import Document
from infrastructure.views.faults import REBUILD_REMEDY
from infrastructure.views.owners import Owners
from infrastructure.views.projections import Projection, kinds_taken

Load = Callable[[Sequence[str]], Iterable[Document]]
"""Takes `_id`s; returns those of the stored documents that exist."""


class Change(NamedTuple):
    """What becomes of one document.

    `position` is that of the newest event in it. `document` is whole, but for `_id`;
    None when it is gone. `is_new` tells that its first event was folded, too.
    """

    position: int
    document: Document | None
    is_new: bool

    @property
    def leaves_nothing(self) -> bool:
        """Whether the document came and went, and was never written."""
        return self.is_new and self.document is None


class Fold:
    """Collects the changes of one view over any number of events."""

    def __init__(self, projection: Projection, owners: Owners, load: Load) -> None:
        self.changes: dict[str, Change] = {}
        self._projection, self._owners, self._load = projection, owners, load
        self._kinds = kinds_taken(projection)

    def take(self, events: Sequence[Recorded]) -> None:
        """Fold `events`, which follow those taken before.

        Raises:
            IntegrityFaultError: the view lacks a document that must be there.
        """
        key_of = self._projection.key_of
        keyed = [(key_of(each.event), each) for each in events if type(each.event) in self._kinds]
        stored = self._stored({key for key, _ in keyed})
        for key, recorded in keyed:
            if key not in stored or stored[key]["position"] < recorded.position:
                self.changes[key] = self._change(key, recorded, stored)

    def _change(self, key: str, recorded: Recorded, stored: dict[str, Document]) -> Change:
        change = self.changes.get(key)
        is_new = change.is_new if change else self._projection.opens(recorded.event)
        before = (change.document if change else stored.get(key)) or {}
        if not before and not is_new and self._projection.needs_stored:
            msg = f"The view {self._projection.view} has lost the document {key!r}: {REBUILD_REMEDY}."
            raise IntegrityFaultError(msg)
        user_id = self._owners.of_event(recorded.event)
        after = self._projection.evolve(before, recorded.event, user_id)
        if after is not None:
            after["position"] = recorded.position
        return Change(recorded.position, after, is_new)

    def _stored(self, keys: set[str]) -> dict[str, Document]:
        wanted = sorted(keys - self.changes.keys()) if self._projection.needs_stored else []
        return {document.pop("_id"): document for document in self._load(wanted)} if wanted else {}
