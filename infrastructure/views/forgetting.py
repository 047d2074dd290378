"""Takes an erased user's id out of the views, as a rebuild from the erased ledger would."""

from pymongo.database import Database

from infrastructure.views.client import Document
from infrastructure.views.generations import tidy
from infrastructure.views.shapes import EXECUTIONS, QUOTAS, SHAPES
from infrastructure.views.state import StateStore


def forget_owner(database: Database[Document], states: StateStore, ledger_hex: str, position: int) -> None:
    """Let the documents of events before `position` go by the ledger's id; its key is destroyed already.

    All of these events are in the views. Of its files nothing but tombstones is left.
    """
    states.claim(SHAPES)  # a rebuild that read the events when they could be read must not swap in any more
    state = states.load()
    tidy(database, state)  # what an interrupted one left names the user, too
    quotas, runs = (database[state.collection_of(view)] for view in (QUOTAS, EXECUTIONS))
    quota = quotas.find_one({"_id": ledger_hex})
    if quota is None:
        return
    before, nobody = {"position": {"$lt": position}}, {"$set": {"user_id": ledger_hex}}
    runs.update_many({"user_id": quota["user_id"], **before}, nobody)
    quotas.update_one({"_id": ledger_hex, **before}, nobody)  # last: it is what names the user
