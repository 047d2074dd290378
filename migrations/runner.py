"""Applies the migrations in order, each once; two processes at once do no harm.

What was applied stands in the collection `migrations` (number, name, applied_at).
Every migration is idempotent, so one that was cut off is simply run again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import Document
from infrastructure.views.faults import mongodb_faults
from migrations import v0001_views, v0002_running_executions

APPLIED = "migrations"


@dataclass(frozen=True)
class Migration:
    """One numbered change; `up` may run more than once."""

    number: int
    name: str
    up: Callable[[Database[Document]], None]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "views", v0001_views.up),
    Migration(2, "running executions", v0002_running_executions.up),
)


@dataclass(frozen=True)
class MigrationStatus:
    """Whether a migration was applied here; `applied_at` is None when not."""

    number: int
    name: str
    applied_at: datetime | None


def migration_status(database: Database[Document]) -> Sequence[MigrationStatus]:
    """Return every known migration in order, each with when it was applied.

    Raises:
        EnvironmentFaultError: the database was set up by a newer version, or does not answer.
    """
    with mongodb_faults("tell which migrations were applied"):
        applied = {int(row["_id"]): row["applied_at"] for row in database[APPLIED].find()}
    newer = sorted(set(applied) - {migration.number for migration in MIGRATIONS})
    if newer:
        msg = (
            f"This MongoDB database was set up by a newer version of the program (migration {newer[-1]}). "
            "Update the program, or give it another database in MONGODB_URI."
        )
        raise EnvironmentFaultError(msg)
    return [MigrationStatus(step.number, step.name, applied.get(step.number)) for step in MIGRATIONS]


def apply_migrations(database: Database[Document]) -> Sequence[MigrationStatus]:
    """Apply what was not applied yet, in order, and return that.

    Raises:
        EnvironmentFaultError: the database was set up by a newer version, or does not answer.
    """
    missing = {status.number for status in migration_status(database) if status.applied_at is None}
    for migration in MIGRATIONS:
        if migration.number in missing:
            with mongodb_faults(f"apply migration {migration.number} ({migration.name})"):
                migration.up(database)
                _record(database, migration)
    return [status for status in migration_status(database) if status.number in missing]


def _record(database: Database[Document], migration: Migration) -> None:
    # The server's time: this is a note for people, and no clock of the program's is at hand.
    entry = [{"$set": {"name": migration.name, "applied_at": "$$NOW"}}]
    try:
        database[APPLIED].update_one({"_id": migration.number}, entry, upsert=True)
    except DuplicateKeyError:
        return  # another process recorded it just now
