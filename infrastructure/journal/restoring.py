"""Building the ledger's database from its journal alone, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from application.ports.journal import RestoreReport
from domain.errors import IntegrityFaultError, InvalidValueError, RefusedError
from infrastructure.files import os_errors
from infrastructure.journal.lines import Entry
from infrastructure.journal.reading import Fault, Reading
from infrastructure.journal.segments import Segments
from infrastructure.ledger.errors import ledger_errors
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.restoration import NewLedger, Placed


class JournalRestorer:
    """Restores where there is no ledger yet."""

    def __init__(self, ledger: NewLedger, journal: Path, keys: KeyFolder) -> None:
        self._ledger, self._journal, self._keys = ledger, journal, keys

    def __call__(self, source: Path) -> RestoreReport:
        """Build the ledger from the journal in `source`, which may be that of the data folder itself.

        Every line is checked first against all before it. Killed in its midst it leaves
        no ledger, and begins anew the next time.

        Raises:
            InvalidValueError: there is no journal.
            RefusedError: there is a ledger, or the data folder has another journal.
            IntegrityFaultError: the journal is damaged.
        """
        reading = self._reading(source)
        self._refuse_to_overwrite(source)
        torn, ledgers, events = list[Fault](), set[UUID](), 0

        def counted() -> Iterator[Placed]:
            nonlocal events
            for entry in _sound(reading, torn):
                events += 1
                ledgers.add(UUID(entry.ledger))
                yield _placed(entry)

        with os_errors("restore the ledger"), ledger_errors("restore the ledger"):
            self._ledger.fill(counted())
        without_key = sum(self._keys.find(ledger) is None for ledger in ledgers)
        return RestoreReport(events, len(ledgers), without_key, torn=bool(torn))

    def _reading(self, source: Path) -> Reading:
        with os_errors("read the journal"):
            extents = Segments(source).extents()
        if not extents:
            msg = f"There is no journal in {str(source)!r}; give the folder that holds its .jsonl segments."
            raise InvalidValueError(msg)
        return Reading(extents)

    def _refuse_to_overwrite(self, source: Path) -> None:
        self._ledger.refuse_to_overwrite()
        if self._journal.is_dir() and self._journal.resolve() != source.resolve():
            msg = f"{self._journal} is another journal; restore into an empty data folder (--data-dir)."
            raise RefusedError(msg)


def _sound(reading: Reading, torn: list[Fault]) -> Iterator[Entry]:
    for line in reading:
        if isinstance(line, Entry):
            yield line
        elif line.is_torn:
            torn.append(line)
        else:
            msg = f"The journal is damaged: {line}. Nothing was restored; take another copy of the journal."
            raise IntegrityFaultError(msg)


def _placed(entry: Entry) -> Placed:
    stored = StoredEvent(UUID(entry.ledger), entry.version, entry.topic, entry.state.encode())
    return entry.position, stored, bytes.fromhex(entry.digest)
