"""The MongoDB of these tests."""

from tests.support.mongodb import (
    database,
    empty_database,
    mongodb_client,
    mongodb_python,
    mongodb_uri,
)

__all__ = ["database", "empty_database", "mongodb_client", "mongodb_python", "mongodb_uri"]
