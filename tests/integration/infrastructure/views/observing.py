"""What really stands in the database, looked at without the code under test."""

from typing import Any

from pymongo.database import Database

from tests.integration.infrastructure.views.stories import Documents

VIEWS = ("user_files", "user_quotas", "executions")


def live_collection(database: Database[dict[str, Any]], view: str) -> str:
    """Return the name of a view's live collection."""
    state = database["view_state"].find_one({"_id": "views"})
    assert state is not None
    return f"{view}.{state['views'][view]['generation']}"


def stored_documents(database: Database[dict[str, Any]]) -> Documents:
    """Return every live document of every view."""
    return {
        view: {
            document.pop("_id"): document
            for document in database[live_collection(database, view)].find({"gone_at": {"$exists": False}})
        }
        for view in VIEWS
    }


def tombstones(database: Database[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tombstones of files."""
    return list(database[live_collection(database, "user_files")].find({"gone_at": {"$exists": True}}))


def generations(database: Database[dict[str, Any]]) -> set[str]:
    """Return the names of all generations' collections, live or not."""
    names = database.list_collection_names()
    return {name for name in names if name.rpartition(".")[0] in VIEWS}


def snapshot(database: Database[dict[str, Any]]) -> dict[str, Any]:
    """Return all that is in the database, but for the counter of rebuilds."""
    found: dict[str, Any] = {}
    for name in sorted(database.list_collection_names()):
        found[name] = sorted(map(repr, database[name].find()))
    (state,) = database["view_state"].find()
    found["view_state"] = {view: {**stand, "newest": 0} for view, stand in state["views"].items()}
    return found
