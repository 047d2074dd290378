"""What the end-to-end tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.views.embedded import EmbeddedServer
from tests.support.program import PROJECT, Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the program on a new data folder."""
    return Program(tmp_path / "data")


@pytest.fixture
def served(program: Program) -> Iterator[Program]:
    """Return the program while its embedded server is held open, so that commands start quickly."""
    python = PROJECT / ".venv-mongodb" / "bin" / "python"
    with EmbeddedServer(program.data_dir / "mongodb", python):
        yield program


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a small table on disk."""
    path = tmp_path / "table.csv"
    path.write_text("name,value\nä,1\nb,2\nc,3\n", encoding="utf-8")
    return path
