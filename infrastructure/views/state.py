"""Where the views stand: which collection each lives in and how far it came, in ONE document.

A view's collection is a numbered generation (`user_files.3`), and its number is
never given again. Everything that must happen at once (a follower's step, the
swap of a rebuilt view) is one conditional update of this document, which every
MongoDB does atomically, a standalone server without transactions included.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import Document
from infrastructure.views.quarantine import Quarantined

STATE = "view_state"
_KEY = {"_id": "views"}


class ViewsMissingError(EnvironmentFaultError):
    """The views were never made in this database, or dropped."""


@dataclass(frozen=True)
class Standing:
    """Where one view stands.

    `generation` is the live one; `newest` the newest that any rebuild took for
    itself, which makes it that rebuild's fencing token; `position` is that of the
    newest event that the live generation is known to hold, with all before it but
    for those of ledgers in `quarantined` from the position given there on.
    """

    generation: int
    newest: int
    position: int
    quarantined: Quarantined = field(default_factory=dict)


@dataclass(frozen=True)
class Unfinished:
    """How far a rebuild came that did not end.

    Its `generations`, by view, hold the first `events` events, up to `position`;
    but for those of `quarantined`; `recipe` names the code that made them.
    """

    generations: Mapping[str, int]
    position: int
    events: int
    recipe: str
    quarantined: Quarantined = field(default_factory=dict)


@dataclass(frozen=True)
class ViewState:
    """Where all views stood at one moment.

    `incarnation` tells this set of views from any that stood in the database before
    it was dropped: numbers begin anew then. `unfinished` can be gone on from as long
    as no later rebuild claimed one of its views.
    """

    incarnation: ObjectId
    standings: Mapping[str, Standing]
    unfinished: Unfinished | None = None

    @property
    def position(self) -> int:
        """The position that every view has reached."""
        return min(standing.position for standing in self.standings.values())

    @property
    def furthest(self) -> int:
        """The position that some view has reached."""
        return max(standing.position for standing in self.standings.values())

    @property
    def quarantined(self) -> dict[UUID, int]:
        """What some view stands still at, by ledger."""
        merged: dict[UUID, int] = {}
        for standing in self.standings.values():
            for ledger_id, position in standing.quarantined.items():
                merged[ledger_id] = min(position, merged.get(ledger_id, position))
        return merged

    def position_of(self, view: str) -> int:
        """Return how far one view came."""
        return self.standings[view].position

    def collection_of(self, view: str) -> str:
        """Return the name of the view's live collection."""
        return collection_name(view, self.standings[view].generation)

    def same_collections(self, other: "ViewState") -> bool:
        """Tell whether no view was swapped or made anew between the two moments."""
        return self.incarnation == other.incarnation and all(
            self.collection_of(view) == other.collection_of(view) for view in self.standings
        )


@dataclass(frozen=True)
class Claim:
    """The new generations, by view, that a rebuild took for itself, and what it may go on from."""

    incarnation: ObjectId
    generations: Mapping[str, int]
    unfinished: Unfinished | None = None

    def collection_of(self, view: str) -> str:
        """Return the name of the view's new collection."""
        return collection_name(view, self.generations[view])

    def holds_in(self, state: ViewState) -> bool:
        """Tell whether no later rebuild has claimed any of the views."""
        return self.incarnation == state.incarnation and all(
            state.standings[view].newest == generation for view, generation in self.generations.items()
        )


def collection_name(view: str, generation: int) -> str:
    """Return the name of one generation's collection."""
    return f"{view}.{generation}"


class StateStore:
    """The state document. Every method is one atomic operation."""

    def __init__(self, database: Database[Document]) -> None:
        self._states = database[STATE]

    def create(self, views: Iterable[str]) -> None:
        """Let every view stand at generation 1, position 0; nothing, when they stand already."""
        first = {"generation": 1, "newest": 1, "position": 0}
        standings = {view: dict(first) for view in views}
        with suppress(DuplicateKeyError):
            self._states.insert_one({**_KEY, "incarnation": ObjectId(), "views": standings})

    def load(self) -> ViewState:
        """Return where the views stand.

        Raises:
            EnvironmentFaultError: they were never made in this database, or dropped.
        """
        return _state(self._states.find_one(_KEY))

    def advance(self, since: ViewState, position: int, damaged: Quarantined) -> ViewState | None:
        """Note that the collections of `since` hold everything up to `position`; never goes back.

        But for what follows on `damaged` events, by ledger. Returns where the views
        stand then, or None when one was swapped meanwhile: then nothing is noted.
        """
        query: dict[str, Any] = {**_KEY, "incarnation": since.incarnation}
        for view, standing in since.standings.items():
            query[f"views.{view}.generation"] = standing.generation
        highest = {f"views.{view}.position": position for view in since.standings}
        update: dict[str, Any] = {"$max": highest}
        if stops := _stops(since, damaged):
            update["$set"] = stops
        after = self._states.find_one_and_update(query, update, return_document=ReturnDocument.AFTER)
        return None if after is None else _state(after)

    def claim(self, views: Iterable[str]) -> Claim:
        """Take a new generation of each view for a rebuild; fences out every rebuild before.

        What an interrupted rebuild of just these views left is the claim's to go on
        from, and nobody else's.

        Raises:
            EnvironmentFaultError: the views were never made in this database, or dropped.
        """
        views = list(views)
        numbers = {f"views.{view}.newest": 1 for view in views}
        update = {"$inc": numbers, "$unset": {"unfinished": ""}}
        before = _state(self._states.find_one_and_update(_KEY, update, return_document=ReturnDocument.BEFORE))
        newest = {view: before.standings[view].newest for view in views}
        unfinished = before.unfinished
        return Claim(
            before.incarnation,
            {view: generation + 1 for view, generation in newest.items()},
            unfinished if unfinished and unfinished.generations == newest else None,
        )

    def note_unfinished(self, claim: Claim, unfinished: Unfinished) -> bool:
        """Note how far a rebuild came; False, and nothing is noted, when a later one made a claim."""
        query: dict[str, Any] = {**_KEY, "incarnation": claim.incarnation}
        query |= {f"views.{view}.newest": number for view, number in claim.generations.items()}
        document = asdict(unfinished) | {"quarantined": _by_hex(unfinished.quarantined)}
        return self._states.update_one(query, {"$set": {"unfinished": document}}).matched_count == 1

    def swap(self, claim: Claim, position: int, furthest: int, quarantined: Quarantined) -> ViewState | None:
        """Make the claimed generations, which hold everything up to `position`, the live ones.

        But for what is `quarantined`. Returns where the views stood before, or None when nothing was
        swapped: a later rebuild made a claim, or a live view is further than `furthest`.
        """
        query: dict[str, Any] = {**_KEY, "incarnation": claim.incarnation}
        update: dict[str, Any] = {}
        for view, generation in claim.generations.items():
            query |= {f"views.{view}.newest": generation, f"views.{view}.position": {"$lte": furthest}}
            update |= {
                f"views.{view}.generation": generation,
                f"views.{view}.position": position,
                f"views.{view}.quarantined": _by_hex(quarantined),
            }
        before = self._states.find_one_and_update(
            query, {"$set": update, "$unset": {"unfinished": ""}}, return_document=ReturnDocument.BEFORE
        )
        return None if before is None else _state(before)


def _state(document: Document | None) -> ViewState:
    if document is None:
        msg = "The views are not set up in this MongoDB database. Run `fileledger migrate`."
        raise ViewsMissingError(msg)
    standings = {view: Standing(**_with_ids(fields)) for view, fields in document["views"].items()}
    unfinished = document.get("unfinished")
    rest = Unfinished(**_with_ids(unfinished)) if unfinished else None
    return ViewState(document["incarnation"], standings, rest)


def _stops(since: ViewState, damaged: Quarantined) -> dict[str, int]:
    """Return what to set so that the views which did not pass a damaged event yet stop at it."""
    return {
        f"views.{view}.quarantined.{ledger_id.hex}": position
        for view, standing in since.standings.items()
        for ledger_id, position in damaged.items()
        if ledger_id not in standing.quarantined and standing.position < position
    }


def _by_hex(quarantined: Quarantined) -> dict[str, int]:
    return {ledger_id.hex: position for ledger_id, position in quarantined.items()}


def _with_ids(fields: Document) -> Document:
    stored: Mapping[str, int] = fields.get("quarantined", {})
    return fields | {"quarantined": {UUID(text): position for text, position in stored.items()}}
