"""Attacks run for real, in one sandbox, with small limits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import Runs, config, opened


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BubblewrapSandbox]:
    """A sandbox for all attacks of a test process: one must not weaken it for the next."""
    with opened(config(tmp_path_factory.mktemp("sandbox"))) as made:
        yield made


@pytest.fixture
def attack(sandbox: BubblewrapSandbox) -> Runs:
    """Runs hostile code."""
    return Runs(sandbox)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the host that no run may see."""
    path = tmp_path / "secret.env"
    path.write_text("TOKEN=not for you")
    return path
