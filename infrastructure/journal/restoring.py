"""Building the ledger's database from its journal alone, whole or not at all."""

import shutil
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteDatastore

from application.ports.journal import RestoreReport
from domain.errors import IntegrityFaultError, InvalidValueError, RefusedError
from infrastructure.files import make_private_folder, os_errors, sync_folder
from infrastructure.journal.lines import Entry
from infrastructure.journal.reading import Fault, Reading
from infrastructure.journal.segments import Segments
from infrastructure.ledger.errors import ledger_errors
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.recorder import SCAN_ROWS
from infrastructure.ledger.sqlite_recorder import SQLiteLedgerRecorder


class JournalRestorer:
    """Restores into a data folder that has no ledger yet."""

    def __init__(self, database: Path, journal: Path, keys: KeyFolder) -> None:
        self._database, self._journal, self._keys = database, journal, keys

    def __call__(self, source: Path) -> RestoreReport:
        """Build the ledger from the journal in `source`, which may be that of the data folder itself.

        Every line is checked first against all before it. Killed in its midst it leaves
        no ledger, and begins anew the next time.

        Raises:
            InvalidValueError: there is no journal.
            RefusedError: the data folder has a ledger or another journal.
            IntegrityFaultError: the journal is damaged.
        """
        reading = self._reading(source)
        self._refuse_to_overwrite(source)
        final = self._database.parent
        building = final.with_name(f"{final.name}.restoring")
        with os_errors("restore the ledger"), ledger_errors("restore the ledger"):
            shutil.rmtree(building, ignore_errors=True)
            make_private_folder(building)
            report = self._build(building / self._database.name, reading)
            if final.is_dir():
                final.rmdir()
            sync_folder(building)
            building.rename(final)
            sync_folder(final.parent)
        return report

    def _reading(self, source: Path) -> Reading:
        with os_errors("read the journal"):
            extents = Segments(source).extents()
        if not extents:
            msg = f"There is no journal in {str(source)!r}; give the folder that holds its .jsonl segments."
            raise InvalidValueError(msg)
        return Reading(extents)

    def _refuse_to_overwrite(self, source: Path) -> None:
        final = self._database.parent
        if final.is_dir() and any(final.iterdir()):
            msg = f"There is a ledger in {final} already. Restore into an empty data folder (--data-dir)."
            raise RefusedError(msg)
        if self._journal.is_dir() and self._journal.resolve() != source.resolve():
            msg = f"{self._journal} is another journal; restore into an empty data folder (--data-dir)."
            raise RefusedError(msg)

    def _build(self, database: Path, reading: Reading) -> RestoreReport:
        recorder = SQLiteLedgerRecorder(SQLiteDatastore(str(database)))
        recorder.create_table()
        torn, ledgers, events = list[Fault](), set[UUID](), 0
        entries = _sound(reading, torn)
        while batch := list(islice(entries, SCAN_ROWS)):
            recorder.restore(_stored(batch))
            ledgers |= {UUID(entry.ledger) for entry in batch}
            events += len(batch)
        recorder.datastore.close()
        without_key = sum(self._keys.find(ledger) is None for ledger in ledgers)
        return RestoreReport(events, len(ledgers), without_key, torn=bool(torn))


def _sound(reading: Reading, torn: list[Fault]) -> Iterator[Entry]:
    for line in reading:
        if isinstance(line, Entry):
            yield line
        elif line.is_torn:
            torn.append(line)
        else:
            msg = f"The journal is damaged: {line}. Nothing was restored; take another copy of the journal."
            raise IntegrityFaultError(msg)


def _stored(entries: Iterable[Entry]) -> Iterator[tuple[int, StoredEvent, bytes]]:
    for entry in entries:
        stored = StoredEvent(UUID(entry.ledger), entry.version, entry.topic, entry.state.encode())
        yield entry.position, stored, bytes.fromhex(entry.digest)
