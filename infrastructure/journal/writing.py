"""From rows of the database to lines of the journal: only what the chain vouches for."""

from collections.abc import Iterator
from itertools import islice

from domain.errors import IntegrityFaultError, LedgerCutError
from infrastructure.journal.lines import Entry, Place
from infrastructure.journal.segments import Segments
from infrastructure.ledger.chain import GENESIS
from infrastructure.ledger.recorder import SCAN_ROWS, LedgerRecorder, RawEvent

BATCH_EVENTS = SCAN_ROWS - 1


def append_next(segments: Segments, recorder: LedgerRecorder, place: Place) -> Place:
    """Write the next batch of events after `place`, the journal's tail, and return the new tail.

    Raises:
        LedgerCutError: the ledger ends before the journal does.
        IntegrityFaultError: the event at the tail is another one, or the next one breaks its chain.
    """
    rows = recorder.scan(after=max(0, place.position - 1))
    if place.number:
        _check_tail(next(rows, None), place)
    entries = list[Entry]()
    fault = _collect(islice(rows, BATCH_EVENTS), place, entries)
    if entries:
        segments.append(place, entries)
    elif fault:
        raise fault
    return entries[-1].place if entries else place


def _check_tail(row: RawEvent | None, place: Place) -> None:
    if row is None:
        msg = (
            f"The ledger ends before position {place.position}, where its journal ends: events were cut off. "
            "Keep a copy of the data folder and run `fileledger verify`."
        )
        raise LedgerCutError(msg)
    if (row.position, row.digest) != (place.position, bytes.fromhex(place.digest)):
        msg = (
            f"The ledger's event at position {place.position} is not the one that its journal ends with: "
            "events were removed or rewritten. Keep a copy of the data folder and run `fileledger verify`."
        )
        raise IntegrityFaultError(msg)


def _collect(rows: Iterator[RawEvent], place: Place, entries: list[Entry]) -> IntegrityFaultError | None:
    """Add the rows' entries up to the first that is not what was written; return what is wrong with it."""
    for number, row in enumerate(rows, place.number + 1):
        entry = _entry_of(row, number)
        if entry is None:
            msg = (
                f"The event at position {row.position} does not match its digest; the journal ends before "
                "it. Run `fileledger verify`."
            )
            return IntegrityFaultError(msg)
        entries.append(entry)
    return None


def _entry_of(row: RawEvent, number: int) -> Entry | None:
    if not row.is_well_formed or row.digest is None:
        return None
    try:
        entry = Entry(
            number=number,
            position=row.position,
            ledger=(row.ledger or b"").decode(),
            version=row.version,
            topic=(row.topic or b"").decode(),
            state=(row.state or b"").decode(),
            digest=row.digest.hex(),
        )
    except ValueError:
        return None
    previous = GENESIS if entry.version == 1 else row.previous
    return entry if previous is not None and entry.digest_after(previous) == entry.digest else None
