"""The collections of the views: made in their shape, shown to outsiders, dropped when nobody needs them."""

from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import Document
from infrastructure.views.shapes import SHAPES
from infrastructure.views.state import StateStore, ViewState, collection_name

_NAMESPACE_NOT_FOUND, _NAMESPACE_EXISTS = 26, 48
_LIVE_ONLY: list[dict[str, Any]] = [{"$match": {"gone_at": {"$exists": False}}}]


def make_collection(database: Database[Document], view: str, generation: int) -> None:
    """Make a generation's collection with the view's validator and indexes; again does no harm."""
    name, shape = collection_name(view, generation), SHAPES[view]
    if not _create(database, name, validator=shape.validator):
        database.command("collMod", name, validator=shape.validator)
    database[name].create_indexes(list(shape.indexes))


def make_bare(database: Database[Document], view: str, generation: int) -> None:
    """Make a generation's collection without validator and indexes; again does no harm."""
    _create(database, collection_name(view, generation))


def find_misshapen(collection: Collection[Document], view: str) -> str | None:
    """Return the `_id` of a document that the view's validator would refuse, None when there is none.

    A validator looks at what is written from then on only.
    """
    found = collection.find_one({"$nor": [SHAPES[view].validator]}, {"_id": True})
    return None if found is None else str(found["_id"])


def publish(database: Database[Document], view: str) -> None:
    """Let the MongoDB view of the plain name show the live documents.

    For people and tools that look into the database; the program itself reads the
    collection. Publishers may race: each goes on until what is shown is what lives.
    """
    states = StateStore(database)
    while _shown(database, view) != (live := states.load().collection_of(view)):
        _show(database, view, live)


def tidy(database: Database[Document], state: ViewState) -> None:
    """Drop what interrupted rebuilds and overtaken followers left, and show the live collections.

    The newest generation of a view stays, live or not: a rebuild may be filling it.
    """
    for name in [item["name"] for item in database.list_collections()]:
        view, _, number = name.rpartition(".")
        standing = state.standings.get(view)
        if standing and number.isdigit() and int(number) < standing.newest:
            drop_unless_live(database, state, view, name)
    for view in state.standings:
        publish(database, view)


def drop_unless_live(database: Database[Document], state: ViewState, view: str, collection: str) -> None:
    """Drop a collection that is not the view's live one. Safe at any time: names do not come again."""
    if collection != state.collection_of(view):
        database.drop_collection(collection)


def _show(database: Database[Document], view: str, collection: str) -> None:
    shows: dict[str, Any] = {"viewOn": collection, "pipeline": _LIVE_ONLY}
    if _create(database, view, **shows):
        return
    try:
        database.command("collMod", view, **shows)
    except OperationFailure as error:
        if error.code != _NAMESPACE_NOT_FOUND:
            raise
    if _shown(database, view) != collection:  # the embedded server answers "ok" and changes nothing
        database.drop_collection(view)
        _create(database, view, **shows)


def _shown(database: Database[Document], view: str) -> str | None:
    for item in database.list_collections(filter={"name": view}):
        if item["type"] != "view":
            msg = (
                f"The MongoDB database {database.name!r} has a collection {view!r} not of this program. "
                "Name another database in MONGODB_URI, or rename that collection."
            )
            raise EnvironmentFaultError(msg)
        return str(item["options"]["viewOn"])
    return None


def _create(database: Database[Document], name: str, **options: Any) -> bool:
    """Create a collection or view; tell whether it was not there before."""
    try:
        database.command("create", name, **options)
    except OperationFailure as error:
        if error.code == _NAMESPACE_EXISTS:
            return False
        raise
    return True
