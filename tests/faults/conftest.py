"""What the tests of faults share."""

from tests.support.mongodb import database_uri, mongodb_client, mongodb_python, mongodb_uri

__all__ = ["database_uri", "mongodb_client", "mongodb_python", "mongodb_uri"]
