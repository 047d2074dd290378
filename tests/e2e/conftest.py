"""What the end-to-end tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.views.embedded import EmbeddedServer
from tests.support.fonts import keep_fonts, lend_fonts
from tests.support.mongodb import database_uri, mongodb_client, mongodb_python, mongodb_uri
from tests.support.program import PROJECT, Program
from tests.support.ready_program import ready_program

__all__ = ["database_uri", "mongodb_client", "mongodb_python", "mongodb_uri"]


@pytest.fixture(scope="session", autouse=True)
def _ready_program_ends() -> Iterator[None]:
    """End the process that ran the commands, if there were any."""
    yield
    if ready_program.cache_info().currsize:
        ready_program().close()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the program on a new data folder."""
    return Program(tmp_path / "data")


@pytest.fixture
def served(program: Program, database_uri: str) -> Iterator[Program]:
    """Return the program with what takes long to make: a MongoDB, and the list of fonts."""
    program.environment["MONGODB_URI"] = database_uri
    program.data_dir.mkdir(mode=0o700)
    lend_fonts(program.data_dir / "sandbox")
    yield program
    keep_fonts(program.data_dir / "sandbox")


@pytest.fixture
def embedded(program: Program) -> Iterator[Program]:
    """Return the program while its own embedded server is held open, so that commands start quickly."""
    python = PROJECT / ".venv-mongodb" / "bin" / "python"
    with EmbeddedServer(program.data_dir / "mongodb", python):
        yield program


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a small table on disk."""
    path = tmp_path / "table.csv"
    path.write_text("name,value\nä,1\nb,2\nc,3\n", encoding="utf-8")
    return path
