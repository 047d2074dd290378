"""What the tests of faults share."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pymongo import MongoClient

from infrastructure.views.client import Document
from tests.faults.theatre import ACTS, Theatre
from tests.support.mongodb import (
    address_of,
    database,
    database_uri,
    empty_database,
    mongodb_client,
    mongodb_python,
    mongodb_uri,
)
from tests.support.supervised.director import Stage

__all__ = ["database", "database_uri", "empty_database", "mongodb_client", "mongodb_python", "mongodb_uri"]


@pytest.fixture(scope="session")
def _stage() -> Iterator[Stage]:
    """Keep a process that has imported the program."""
    stage = Stage([ACTS], {"MAX_FILES_PER_USER": "3", "FILE_EXPIRATION_HOURS": "48"})
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def _new_views(mongodb_uri: str, mongodb_client: MongoClient[Document]) -> Iterator[Callable[[], str]]:
    """Return what gives the address of an empty database at each call."""
    made: list[str] = []

    def make() -> str:
        made.append(f"faults_{uuid4().hex}")
        return address_of(mongodb_uri, made[-1])

    yield make
    for name in made:
        mongodb_client.drop_database(name)


@pytest.fixture(scope="session")
def theatre(
    _stage: Stage, _new_views: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Theatre:
    """Return where acts are played on copies of one prepared house."""
    return Theatre(_stage, tmp_path_factory.mktemp("theatre"), _new_views)
