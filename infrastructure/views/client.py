"""The connection to MongoDB: one set of options for every server."""

from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.database import Database

from infrastructure.views.faults import mongodb_faults

Document = dict[str, Any]

DATABASE_NAME = "fileledger"
SELECTION_TIMEOUT_MS = 5_000
SOCKET_TIMEOUT_MS = 60_000
CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
"""BSON dates come back as aware times in UTC."""


def connect(uri: str, *, timeout_ms: int = SELECTION_TIMEOUT_MS) -> Database[Document]:
    """Return the database that `uri` names (`fileledger` when it names none), without a round trip.

    `timeout_ms` is how long an operation looks for the server, unless the address says how long it waits
    (`?serverSelectionTimeoutMS=…`). Close it with `database.client.close()`.

    Raises:
        EnvironmentFaultError: the address is malformed.
    """
    with mongodb_faults("be reached"):
        client: MongoClient[Document] = MongoClient(
            uri,
            appname="fileledger",
            **_waits(uri, timeout_ms),
            w="majority",
            journal=True,
            uuidRepresentation="standard",
        )
        name = client.get_default_database(DATABASE_NAME).name
        return client.get_database(name, codec_options=CODEC)


def _waits(uri: str, timeout_ms: int) -> dict[str, Any]:
    """Return how long to wait for what, but for what the address itself says: its word counts."""
    waits = {
        "serverSelectionTimeoutMS": timeout_ms,
        "connectTimeoutMS": SELECTION_TIMEOUT_MS,
        "socketTimeoutMS": SOCKET_TIMEOUT_MS,
    }
    options = uri.partition("?")[2].casefold().replace(";", "&").split("&")
    given = {option.partition("=")[0] for option in options}
    return {name: wait_ms for name, wait_ms in waits.items() if name.casefold() not in given}
