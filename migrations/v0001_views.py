"""Sets up the views: their collections in their shape, and where they stand.

The collections hold nothing yet: the views follow the ledger from its beginning.
"""

from pymongo.database import Database

from infrastructure.views.client import Document
from infrastructure.views.generations import make_collection, publish
from infrastructure.views.shapes import SHAPES
from infrastructure.views.state import StateStore

FIRST_GENERATION = 1


def up(database: Database[Document]) -> None:
    """Make every view; again, or twice at once, does no harm."""
    for view in SHAPES:
        make_collection(database, view, FIRST_GENERATION)
    # After the collections: where the views stand, they are.
    StateStore(database).create(SHAPES)
    for view in SHAPES:
        publish(database, view)
