"""Checks of stored bytes: the chain, the sequence, and that every event still reads."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from application.ports import LedgerProblem
from domain.errors import IntegrityFaultError
from domain.events import LedgerOpened
from domain.personal import ERASED
from infrastructure.ledger.chain import GENESIS, chain_digest
from infrastructure.ledger.mapper import SealingMapper
from infrastructure.ledger.sqlite_recorder import SQLiteLedgerRecorder


def check_ledger(ledger_hex: str, rows: Sequence[Any], mapper: SealingMapper) -> Iterator[LedgerProblem]:
    """Yield what is wrong with one ledger's rows (events joined with their digests)."""
    owner = _owner(ledger_hex, rows, mapper)
    previous, expected = GENESIS, 1
    for row in rows:
        version = row["version"]
        for kind, detail in _check_row(ledger_hex, row, expected, previous, mapper):
            yield LedgerProblem(owner, version, kind, detail)
        # Going on from the stored digest names the damaged event alone, not all after it.
        previous, expected = bytes(row["digest"] or b""), version + 1


def _check_row(
    ledger_hex: str, row: Any, expected: int, previous: bytes, mapper: SealingMapper
) -> Iterator[tuple[str, str]]:
    version, topic, state = row["version"], row["topic"], row["state"]
    if version != expected:
        yield "missing", f"events {expected} to {version - 1} are missing"
    if state is None:
        yield "missing", "the event is gone; its digest is still there"
        return
    if row["digest"] is None:
        yield "chain", "the event has no digest: it was not written by the ledger"
    elif chain_digest(previous, ledger_hex, version, topic, bytes(state)) != bytes(row["digest"]):
        yield "chain", f"the stored bytes of {topic} do not match their digest: they were altered"
    if (why := _undecodable(ledger_hex, row, mapper)) is not None:
        yield why


def _undecodable(ledger_hex: str, row: Any, mapper: SealingMapper) -> tuple[str, str] | None:
    try:
        stored = StoredEvent(UUID(ledger_hex), row["version"], row["topic"], row["state"])
        mapper.to_domain_event(stored)
        sealed = mapper.is_sealed(stored)
    except (IntegrityFaultError, ValueError) as error:
        return "payload", str(error)
    return ("key", "the user's key is missing: personal fields cannot be read") if sealed else None


def _owner(ledger_hex: str, rows: Sequence[Any], mapper: SealingMapper) -> str:
    """Return the user id, or the ledger's hex id when it cannot be read."""
    try:
        first = rows[0]
        event = mapper.to_domain_event(
            StoredEvent(UUID(ledger_hex), first["version"], first["topic"], first["state"])
        )
    except (IntegrityFaultError, ValueError, IndexError, TypeError):
        return ledger_hex
    readable = isinstance(event, LedgerOpened) and event.user_id != ERASED
    return event.user_id if readable else ledger_hex


def check_positions(recorder: SQLiteLedgerRecorder) -> Iterator[LedgerProblem]:
    """Yield what the numbering of the whole ledger gives away: holes and a cut tail."""
    events, top, ever = recorder.counts()
    if events != top:
        yield LedgerProblem(
            None, None, "missing", f"{top - events} events are missing among the first {top} positions"
        )
    if ever != top:
        yield LedgerProblem(
            None, None, "missing", f"the ledger ends at position {top}, yet {ever} were given out"
        )
