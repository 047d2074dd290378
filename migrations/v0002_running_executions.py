"""Lets the view `executions` hold the runs that did not end, and no others.

It begins anew and follows the ledger from its beginning, as it does in a database that is new.
"""

from pymongo.database import Database

from infrastructure.views.client import Document
from infrastructure.views.generations import drop_unless_live, make_collection, publish
from infrastructure.views.shapes import EXECUTIONS
from infrastructure.views.state import StateStore

_ANY_POSITION = 2**62


def up(database: Database[Document]) -> None:
    """Swap in an empty collection of the new shape; again, or twice at once, does no harm."""
    states = StateStore(database)
    before = states.load()
    if before.position_of(EXECUTIONS) == 0:
        make_collection(database, EXECUTIONS, before.standings[EXECUTIONS].generation)
        return
    claim = states.claim([EXECUTIONS])
    make_collection(database, EXECUTIONS, claim.generations[EXECUTIONS])
    states.swap(claim, 0, _ANY_POSITION, {})
    drop_unless_live(database, states.load(), EXECUTIONS, before.collection_of(EXECUTIONS))
    publish(database, EXECUTIONS)
