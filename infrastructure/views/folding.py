"""Folds a run of events into what changes in one view, before anything is written."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from application.ports.ledger import Recorded
from domain.errors import IntegrityFaultError
from infrastructure.views.client import Document
from infrastructure.views.faults import REBUILD_REMEDY
from infrastructure.views.owners import Owners
from infrastructure.views.projections import Projection

Load = Callable[[Sequence[str]], Iterable[Document]]
"""Takes `_id`s; returns those of the stored documents that exist."""


@dataclass(frozen=True)
class Change:
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

    def take(self, events: Sequence[Recorded]) -> None:
        """Fold `events`, which follow those taken before.

        Raises:
            IntegrityFaultError: the view lacks a document that must be there.
        """
        stored = self._stored(events)
        for recorded in events:
            key = self._projection.key_of(recorded.event)
            if key is not None and stored.get(key, {}).get("position", 0) < recorded.position:
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
        document = None if after is None else after | {"position": recorded.position}
        return Change(recorded.position, document, is_new)

    def _stored(self, events: Sequence[Recorded]) -> dict[str, Document]:
        if not self._projection.needs_stored:
            return {}
        keys: set[str] = set()
        for event in (recorded.event for recorded in events):
            key = self._projection.key_of(event)
            if key is not None and key not in self.changes:
                keys.add(key)
        return {document.pop("_id"): document for document in self._load(sorted(keys))} if keys else {}
