"""Numbered changes of the views' database; see `runner`. Events of the ledger are upcast, never migrated."""

from migrations.runner import MigrationStatus, apply_migrations, migration_status

__all__ = ["MigrationStatus", "apply_migrations", "migration_status"]
