"""The MongoDB of these tests, and a guard around every projection in them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from infrastructure.views.projections import ExecutionProjection, FileProjection, QuotaProjection
from tests.support.determinism import deterministic
from tests.support.mongodb import (
    database,
    empty_database,
    mongodb_client,
    mongodb_python,
    mongodb_uri,
)

__all__ = ["database", "empty_database", "mongodb_client", "mongodb_python", "mongodb_uri"]


@pytest.fixture(autouse=True)
def guarded_projections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clock, randomness and network raise inside every projection."""
    for projection in (FileProjection, QuotaProjection, ExecutionProjection):
        for name in ("key_of", "opens", "evolve"):
            monkeypatch.setattr(projection, name, _guarded(getattr(projection, name)))


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def run(*args: Any) -> Any:
        with deterministic():
            return method(*args)

    return run
