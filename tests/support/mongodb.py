"""Fixtures: a real MongoDB server for the session, a fresh database for each test.

The server is that of TEST_MONGODB_URI when it is set (standalone or a replica set), else an embedded one in
memory, from the environment that `make setup` builds (or the interpreter that
TEST_MONGODB_PYTHON names). With xdist every worker has its own.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from infrastructure.locks import lock_shared
from infrastructure.views.client import CODEC, Document, connect
from infrastructure.views.guarded_server import GuardedServer, free_port
from infrastructure.views.server_program import ServerProgram
from migrations import apply_migrations

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15
_SET_UP = Path(__file__).parents[2] / ".venv-mongodb" / "bin" / "python"


@pytest.fixture(scope="session")
def mongodb_python() -> Path:
    """Return the interpreter that runs the embedded server."""
    return Path(os.environ.get("TEST_MONGODB_PYTHON", _SET_UP))


@pytest.fixture(scope="session")
def mongodb_uri(mongodb_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a MongoDB for the session; it stops with it, also when the session is killed."""
    if given := os.environ.get("TEST_MONGODB_URI"):
        yield given
        return
    folder = tmp_path_factory.mktemp("mongodb")
    membership = lock_shared(folder / "users.lock")
    server = GuardedServer(folder, folder / "users.lock")
    yield f"mongodb://127.0.0.1:{_start(server, mongodb_python, folder)}/?directConnection=true"
    os.close(membership)
    deadline = monotonic() + STOP_TIMEOUT_S
    while server.is_running() and monotonic() < deadline:
        sleep(0.01)


def address_of(server: str, name: str) -> str:
    """Return the address of a database on the server of an address, with whatever that one asks for."""
    parts = urlsplit(server)
    options = dict(parse_qsl(parts.query))
    if parts.username:  # known to the database that the address named, unless it says otherwise
        options.setdefault("authSource", parts.path.strip("/") or "admin")
    return parts._replace(path=f"/{name}", query=urlencode(options)).geturl()


def _start(server: GuardedServer, python: Path, folder: Path) -> int:
    for _ in range(3):  # another worker may take the port first
        port = free_port()
        command = ServerProgram.find(python).command(port, ":memory:", folder / "settings.toml", auth=False)
        server.launch(command, {"port": port})
        if server.wait_until_listening(START_TIMEOUT_S):
            return port
    pytest.fail(f"no MongoDB to test with: {server.last_words}")


@pytest.fixture(scope="session")
def mongodb_client(mongodb_uri: str) -> Iterator[MongoClient[Document]]:
    """Return a client with the program's own options."""
    with connect(mongodb_uri).client as client:
        yield client


@pytest.fixture
def database_uri(mongodb_uri: str, mongodb_client: MongoClient[Document]) -> Iterator[str]:
    """Return the address of a database of the test's own, for a program that is started with it."""
    name = f"test_{uuid4().hex}"
    yield address_of(mongodb_uri, name)
    mongodb_client.drop_database(name)


@pytest.fixture
def empty_database(mongodb_client: MongoClient[Document]) -> Iterator[Database[Document]]:
    """Return a database of the test's own with nothing in it."""
    database = mongodb_client.get_database(f"test_{uuid4().hex}", codec_options=CODEC)
    yield database
    mongodb_client.drop_database(database.name)


@pytest.fixture
def database(empty_database: Database[Document]) -> Database[Document]:
    """Return a database of the test's own with the views set up in it."""
    apply_migrations(empty_database)
    return empty_database
