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

    `timeout_ms` is how long an operation looks for the server. Close it with `database.client.close()`.

    Raises:
        EnvironmentFaultError: the address is malformed.
    """
    with mongodb_faults("be reached"):
        client: MongoClient[Document] = MongoClient(
            uri,
            appname="fileledger",
            serverSelectionTimeoutMS=timeout_ms,
            connectTimeoutMS=SELECTION_TIMEOUT_MS,
            socketTimeoutMS=SOCKET_TIMEOUT_MS,
            w="majority",
            journal=True,
            uuidRepresentation="standard",
        )
        name = client.get_default_database(DATABASE_NAME).name
        return client.get_database(name, codec_options=CODEC)
