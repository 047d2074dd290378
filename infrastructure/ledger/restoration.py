"""A ledger's database that is yet to be made, whole or not at all."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteDatastore

from domain.errors import RefusedError
from infrastructure.files import make_private_file, make_private_folder, sync_folder
from infrastructure.ledger.sqlite_recorder import SQLiteLedgerRecorder

Placed = tuple[int, StoredEvent, bytes]
"""An event with its position and its digest."""


class NewLedger(Protocol):
    """Where a ledger is restored to."""

    def refuse_to_overwrite(self) -> None:
        """Leave what is there alone.

        Raises:
            RefusedError: there is a ledger.
        """

    def fill(self, events: Iterable[Placed]) -> None:
        """Insert events as they were, all or none: not even a process that is killed leaves a part."""


class NewSQLiteLedger:
    """`NewLedger` in a file, built beside its place and renamed."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def refuse_to_overwrite(self) -> None:
        """Leave what is there alone.

        Raises:
            RefusedError: there is a ledger.
        """
        final = self._database.parent
        if final.is_dir() and any(final.iterdir()):
            msg = f"There is a ledger in {final} already. Restore into an empty data folder (--data-dir)."
            raise RefusedError(msg)

    def fill(self, events: Iterable[Placed]) -> None:
        """Insert events as they were, all or none."""
        final = self._database.parent
        building = final.with_name(f"{final.name}.restoring")
        shutil.rmtree(building, ignore_errors=True)
        make_private_folder(building)
        make_private_file(building / self._database.name)
        recorder = SQLiteLedgerRecorder(SQLiteDatastore(str(building / self._database.name)))
        recorder.create_table()
        recorder.restore(events)
        recorder.datastore.close()
        if final.is_dir():
            final.rmdir()
        sync_folder(building)
        building.rename(final)
        sync_folder(final.parent)
