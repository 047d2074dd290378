"""Attacks run for real, in one sandbox, with small limits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import Runs, await_spares, config, opened
from tests.support.weaknesses import weakened


@pytest.fixture(
    scope="session",
    params=[pytest.param(2, id="forked"), pytest.param(0, id="single", marks=pytest.mark.thorough)],
)
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BubblewrapSandbox]:
    """A sandbox for all attacks of a test process, for either way of making cells: one must not weaken it."""
    settings = config(tmp_path_factory.mktemp("sandbox"), spares=request.param)
    with opened(weakened(settings, request.config.getoption("weakness", None))) as made:
        if request.param:
            await_spares(made)
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
