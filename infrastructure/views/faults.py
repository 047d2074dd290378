"""Errors of MongoDB in the words of the domain, by one table."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from domain.errors import EnvironmentFaultError

REBUILD_REMEDY = "run `fileledger migrate`, then `fileledger replay`"

# From the special to the general: the first class that fits decides.
_BY_CLASS: tuple[tuple[type[PyMongoError], str, str], ...] = (
    (InvalidURI, "its address is malformed", "correct MONGODB_URI (mongodb://user:password@host:port/name)"),
    (ConfigurationError, "its address asks for what cannot be", "correct the options of MONGODB_URI"),
    (NetworkTimeout, "it takes too long to answer", "check its load, then try again"),
    (
        ServerSelectionTimeoutError,
        "no server answers",
        "start the server that MONGODB_URI names, or unset it to use the embedded one",
    ),
    (AutoReconnect, "the connection was lost", "check that the server runs, then try again"),
    (ConnectionFailure, "the connection failed", "check MONGODB_URI and that the server runs"),
)
# Codes of the server's error catalogue (error_codes.yml of MongoDB).
_INTERNAL_ERROR = 1
_BY_CODE: dict[int, tuple[str, str]] = {
    _INTERNAL_ERROR: (
        "it reports an internal error, as after a write that its disk did not take",
        "check the room on its disk and its log, then try again",
    ),
    11: ("it knows no such user", "correct user and password in MONGODB_URI"),
    13: ("it refuses access", "give the user of MONGODB_URI the role dbOwner on the database"),
    18: ("it refuses the credentials", "correct user and password in MONGODB_URI"),
    50: ("it takes too long to answer", "check its load, then try again"),
    121: ("a view refuses a document of another shape", REBUILD_REMEDY),
    14031: ("its disk is full", "free some space"),
}


@contextmanager
def mongodb_faults(doing: str) -> Iterator[None]:
    """Turn errors of pymongo inside the block into `EnvironmentFaultError`: what, why, what next."""
    try:
        yield
    except PyMongoError as error:
        why, remedy = _explain(error)
        msg = f"MongoDB cannot {doing}: {why}. To mend it, {remedy}."
        raise EnvironmentFaultError(msg) from error


def is_internal(error: OperationFailure) -> bool:
    """Tell whether something inside the server is broken, its storage for example."""
    return error.code == _INTERNAL_ERROR


def _explain(error: PyMongoError) -> tuple[str, str]:
    for code in _codes(error):
        if code in _BY_CODE:
            return _BY_CODE[code]
    for kind, why, remedy in _BY_CLASS:
        if isinstance(error, kind):
            return why, remedy
    return f"the server says {str(error)[:200]!r}", f"check the server; if it is well, {REBUILD_REMEDY}"


def _codes(error: PyMongoError) -> Iterator[int]:
    if isinstance(error, BulkWriteError):
        yield from (int(item["code"]) for item in error.details.get("writeErrors", []))
    elif isinstance(error, OperationFailure) and error.code is not None:
        yield error.code
