"""Takes an erased user's id out of the views, as a rebuild from the erased ledger would."""

from pymongo.database import Database

from infrastructure.views.client import Document
from infrastructure.views.generations import tidy
from infrastructure.views.shapes import QUOTAS, SHAPES
from infrastructure.views.state import StateStore


def forget_owner(database: Database[Document], states: StateStore, ledger_hex: str, position: int) -> None:
    """Let the quota of events before `position` go by the ledger's id; its key is destroyed already.

    All of these events are in the views. Of its files and runs nothing but tombstones is left.
    """
    states.claim(SHAPES)  # a rebuild that read the events when they could be read must not swap in any more
    state = states.load()
    tidy(database, state)  # what an interrupted one left names the user, too
    quotas = database[state.collection_of(QUOTAS)]
    quotas.update_one({"_id": ledger_hex, "position": {"$lt": position}}, {"$set": {"user_id": ledger_hex}})
