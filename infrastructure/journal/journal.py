"""The journal of one ledger, in a folder beside it: written by a follower, compared by `verify`."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from application.ports.clock import Clock
from application.ports.journal import JournalStatus, Witnessed
from application.ports.ledger import LedgerProblem
from domain.errors import FileLedgerError, IntegrityFaultError
from domain.ledger import UserLedger
from infrastructure.files import make_private_folder, os_errors, sync_folder
from infrastructure.journal.comparison import compare
from infrastructure.journal.lines import Entry, Place
from infrastructure.journal.reading import Fault, Reading
from infrastructure.journal.segments import SEGMENT_BYTES, Extent, Segments
from infrastructure.journal.writing import append_next
from infrastructure.ledger.errors import ledger_errors
from infrastructure.ledger.store import DatabaseLedgerStore
from infrastructure.locks import locked

JOURNAL = "journal"
_RENEWING = "renewing"


class FolderJournal:
    """`Journal` in a folder of segments."""

    def __init__(
        self, folder: Path, store: DatabaseLedgerStore, clock: Clock, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._folder, self._store, self._clock = folder, store, clock
        self._segment_bytes = segment_bytes
        self._segments = Segments(folder, segment_bytes)

    def catch_up(self) -> int:
        """Write what the ledger has more, one durable batch after the other; processes take turns."""
        before, place = None, Place()
        while before != place:
            with self._locked():
                before = self._tail()
                place = append_next(self._segments, self._store.recorder, before)
        if place.position > self._store.policy_position(JOURNAL):
            self._store.advance_policy(JOURNAL, place.position)
        return place.position

    def _tail(self) -> Place:
        place, reached = self._segments.tail(), self._store.policy_position(JOURNAL)
        if place.position < reached:
            msg = (
                f"The journal ends at position {place.position}, yet it had come to {reached}: it was cut or "
                "removed. If `fileledger verify` finds nothing else, renew it: `fileledger journal --renew`."
            )
            raise IntegrityFaultError(msg)
        return place

    def digests(self) -> Iterator[bytes]:
        """Yield every event's digest; a line that cannot be read counts as an empty entry."""
        with os_errors("read the journal"):
            for line in Reading(self._extents()):
                entry = line.entry if isinstance(line, Fault) else line
                if entry is not None or not (isinstance(line, Fault) and line.is_torn):
                    yield bytes.fromhex(entry.digest) if entry else b""

    def witnessed(self, position: int) -> Witnessed | None:
        """Return the sound event at a position, None when the journal has none there."""
        previous: dict[str, bytes] = {}
        with os_errors("read the journal"):
            for line in Reading(self._extents()):
                if isinstance(line, Entry) and line.position == position:
                    return Witnessed(line.number, line.to_bytes(), previous.get(line.ledger))
                if isinstance(line, Entry):
                    previous[line.ledger] = bytes.fromhex(line.digest)
        return None

    def status(self) -> JournalStatus:
        """Tell what the journal holds."""
        with self._locked():
            extents, place = self._segments.extents(), self._segments.tail()
        size_bytes = sum(extent.size_bytes for extent in extents)
        return JournalStatus(str(self._folder), len(extents), size_bytes, place.number, place.position)

    def renew(self) -> str:
        """Set the journal aside, write a new one from the ledger, and return where the old one is.

        Raises:
            IntegrityFaultError: the ledger is damaged: a journal of it would vouch for the damage.
        """
        fresh = Segments(self._beside(_RENEWING), self._segment_bytes)
        with self._locked():
            for extent in fresh.extents():  # a renewal that was killed
                extent.path.unlink()
            before, place = None, Place()
            while before != place:
                before, place = place, append_next(fresh, self._store.recorder, place)
            aside = self._beside(f"{self._clock.now():%Y%m%dT%H%M%SZ}")
            make_private_folder(self._folder)
            make_private_folder(fresh.folder)
            self._folder.rename(aside)
            fresh.folder.rename(self._folder)
            sync_folder(self._folder.parent)
        self._store.advance_policy(JOURNAL, place.position)
        return str(aside)

    # -- the journal as a witness ---------------------------------------------

    def examine(self, user_id: str | None = None) -> Iterator[LedgerProblem]:
        """Catch up, then check every line, and the ledger against them; what cannot be read is a finding."""
        try:
            self.catch_up()
        except FileLedgerError as error:
            yield LedgerProblem(None, None, JOURNAL, str(error))
        try:
            yield from self._contradictions(user_id)
        except FileLedgerError as error:
            yield LedgerProblem(None, None, JOURNAL, str(error))

    def _contradictions(self, user_id: str | None) -> Iterator[LedgerProblem]:
        ledger_hex = UserLedger.create_id(user_id).hex if user_id is not None else None
        faults = list[Fault]()
        with os_errors("read the journal"), ledger_errors("read the ledger"):
            runs = compare(self._store.recorder.scan(), self._sound_entries(faults))
        for fault in faults:
            yield LedgerProblem(None, None, JOURNAL, str(fault))
        wanted = [run for run in runs if ledger_hex in {None, run.ledger}]
        owners = self._owners({run.ledger for run in wanted})
        for run in wanted:
            yield LedgerProblem(owners[run.ledger], run.first, run.difference.value, run.detail)

    def _sound_entries(self, faults: list[Fault]) -> Iterator[Entry]:
        for line in Reading(self._extents()):
            if isinstance(line, Fault):
                faults.append(line)
            else:
                yield line

    def _owners(self, ledgers: Collection[str]) -> dict[str, str]:
        """Return the user id of each ledger, as the journal has it; its hex id when that cannot be read."""
        owners = dict(zip(ledgers, ledgers, strict=True))
        if not owners:
            return owners
        for line in Reading(self._extents()):
            if isinstance(line, Entry) and line.version == 1 and line.ledger in owners:
                opening = StoredEvent(UUID(line.ledger), 1, line.topic, line.state.encode())
                owners[line.ledger] = self._store.owner_named_in(opening) or line.ledger
        return owners

    def _extents(self) -> list[Extent]:
        with self._locked():
            return self._segments.extents()

    def _beside(self, suffix: str) -> Path:
        return self._folder.with_name(f"{self._folder.name}.{suffix}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with os_errors("write the journal"), ledger_errors("read the ledger"):
            make_private_folder(self._folder.parent)
            with locked(self._beside("lock")):
                self._finish_renewal()
                yield

    def _finish_renewal(self) -> None:
        """Give the new journal its name, if a renewal was killed once it had set the old one aside."""
        renewed = self._beside(_RENEWING)
        if renewed.is_dir() and not self._folder.is_dir():
            renewed.rename(self._folder)
            sync_folder(self._folder.parent)
