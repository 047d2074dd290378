"""Errors of the database in the words of the domain, by one table."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import IntegrityError, PersistenceError

from domain.errors import ConflictError, EnvironmentFaultError, FileLedgerError, IntegrityFaultError

_SQLITE_FAULTS: tuple[tuple[str, type[FileLedgerError], str], ...] = (
    ("database or disk is full", EnvironmentFaultError, "the disk is full; free some space and try again"),
    (
        "readonly database",
        EnvironmentFaultError,
        "the data folder is read-only; make it writable or choose another --data-dir",
    ),
    (
        "unable to open database file",
        EnvironmentFaultError,
        "the disk is full or read-only, or access is denied; free space, give access or change --data-dir",
    ),
    ("database is locked", EnvironmentFaultError, "another process holds the ledger; try again in a moment"),
    (
        "disk i/o error",
        EnvironmentFaultError,
        "the disk reports an error, is full or became read-only; check it and try again",
    ),
    (
        "malformed",
        IntegrityFaultError,
        "the database file is damaged; stop, keep a copy, and restore it from a backup or the journal",
    ),
    (
        "not a database",
        IntegrityFaultError,
        "the file is no ledger; restore it from a backup, or choose another --data-dir",
    ),
)
_POSTGRESQL_FAULTS: tuple[tuple[type[FileLedgerError], str, tuple[str, ...]], ...] = (
    (
        EnvironmentFaultError,
        "the PostgreSQL server of LEDGER_URL does not answer; nothing was changed; start it and try again",
        ("couldn't get a connection",),
    ),
    (
        EnvironmentFaultError,
        "the connection to the PostgreSQL server broke; look whether it was done before you do it again",
        ("terminating connection", "server closed the connection", "connection is ", "ssl syscall"),
    ),
    (
        EnvironmentFaultError,
        "the role of LEDGER_URL lacks a right; docs/operations.md has the grants",
        ("permission denied", "must be owner"),
    ),
    (
        EnvironmentFaultError,
        "the PostgreSQL server of LEDGER_URL is read-only; name the one that takes writes",
        ("read-only transaction",),
    ),
    (
        EnvironmentFaultError,
        "the disk of the PostgreSQL server is full; free some space there and try again",
        ("no space left on device",),
    ),
    (
        IntegrityFaultError,
        "the PostgreSQL database is damaged; keep a copy, and restore the journal into an empty database",
        ("invalid page in block",),
    ),
)
_FAULTS = (
    *_SQLITE_FAULTS,
    *((sign, kind, remedy) for kind, remedy, signs in _POSTGRESQL_FAULTS for sign in signs),
)


@contextmanager
def ledger_errors(doing: str) -> Iterator[None]:
    """Turn errors of the recorder inside the block into the domain's.

    Raises:
        ConflictError: a version was taken by another writer.
        EnvironmentFaultError, IntegrityFaultError: with cause and remedy.
    """
    try:
        yield
    except IntegrityError as error:
        msg = "Another writer changed this ledger at the same moment; try again."
        raise ConflictError(msg) from error
    except (PersistenceError, sqlite3.Error) as error:
        text = str(error).lower()
        for sign, kind, remedy in _FAULTS:
            if sign in text:
                msg = f"Cannot {doing}: {remedy}."
                raise kind(msg) from error
        msg = f"Cannot {doing}: the database says {str(error)!r}."
        raise EnvironmentFaultError(msg) from error
