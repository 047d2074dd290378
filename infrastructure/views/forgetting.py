"""Takes an erased user's id out of the views, as a rebuild from the erased ledger would."""

from uuid import UUID

from pymongo.database import Database

from infrastructure.views.client import Document
from infrastructure.views.folding import Change
from infrastructure.views.generations import tidy
from infrastructure.views.shapes import EXECUTIONS, FILES, QUOTAS, SHAPES
from infrastructure.views.state import StateStore, ViewState
from infrastructure.views.writing import write_guarded


def forget_owner(database: Database[Document], states: StateStore, ledger_hex: str, position: int) -> None:
    """Let the quota of events before `position` go by the ledger's id; its key is destroyed already.

    All of these events are in the views. Of its files and runs nothing but tombstones is left;
    where damage had stopped what is shown of the ledger, that is seen to here.
    """
    states.claim(SHAPES)  # a rebuild that read the events when they could be read must not swap in any more
    state = states.load()
    tidy(database, state)  # what an interrupted one left names the user, too
    if state.quarantined.get(UUID(ledger_hex), position) < position:
        _empty(database, state, ledger_hex, position)
    quotas = database[state.collection_of(QUOTAS)]
    quotas.update_one({"_id": ledger_hex, "position": {"$lt": position}}, {"$set": {"user_id": ledger_hex}})


def _empty(database: Database[Document], state: ViewState, ledger_hex: str, position: int) -> None:
    """Leave tombstones of the files and runs of a ledger whose removals the views never took in."""
    quota = database[state.collection_of(QUOTAS)].find_one({"_id": ledger_hex}) or {"user_id": ledger_hex}
    for view in (FILES, EXECUTIONS):
        collection = database[state.collection_of(view)]
        theirs = collection.find({"user_id": quota["user_id"], "position": {"$lt": position}})
        write_guarded(
            collection, {document["_id"]: Change(position, None, is_new=False) for document in theirs}
        )
