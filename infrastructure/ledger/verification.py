"""Checks of stored bytes: the chain, the sequence, and that every event still reads.

The scan trusts nothing: whatever stands in the database comes out as a problem,
never as an exception, and what was found before a fault is not lost by it.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from eventsourcing.persistence import PersistenceError, StoredEvent

from application.ports.ledger import ChainReport, LedgerProblem
from domain.errors import IntegrityFaultError
from domain.events import LedgerErased, LedgerOpened, LedgerReopened
from domain.personal import ERASED
from infrastructure.ledger.chain import GENESIS, chain_digest
from infrastructure.ledger.mapper import SealingMapper
from infrastructure.ledger.recorder import LedgerRecorder, RawEvent

_KEY_MISSING = "the user's key is missing: personal fields cannot be read"
_KEY_ANOTHER = "the event is sealed under another key than the user's: one of them was exchanged"
_KEY_LEFT = "the user was erased, yet the key is here (of a backup?): `fileledger forget` destroys it again"


@dataclass
class _Standing:
    """How far the scan came in one ledger; `owner` is its hex id until its user id was read.

    `sealed` are the events that nobody can read, unless an erasure is found to explain it.
    """

    owner: str
    previous: bytes = GENESIS
    expected: int = 1
    seen: set[int] = field(default_factory=set)
    sealed: list[LedgerProblem] = field(default_factory=list)


class Verification:
    """One check of the whole ledger, or of one user's."""

    def __init__(self, recorder: LedgerRecorder, mapper: SealingMapper) -> None:
        self._recorder, self._mapper = recorder, mapper
        self._standings: dict[str, _Standing] = {}
        self._problems: list[LedgerProblem] = []
        self._events = 0

    def run(self, ledger_hex: str | None = None) -> ChainReport:
        """Check everything, or one ledger and the numbering of all."""
        for check in (self._check_events, self._check_digests, self._check_file):
            try:
                self._problems += check(ledger_hex)
            except (PersistenceError, sqlite3.Error, UnicodeError) as error:
                detail = f"the database is damaged: {error}"
                self._problems.append(LedgerProblem(None, None, "database", detail))
        return ChainReport(self._events, len(self._standings), tuple(self._problems))

    def _check_events(self, ledger_hex: str | None) -> Iterator[LedgerProblem]:
        for row in self._recorder.scan(ledger_hex):
            self._events += 1
            if not row.is_well_formed:
                detail = f"the row at position {row.position} holds values that no event has"
                yield LedgerProblem(_shown(row.ledger), None, "payload", detail)
                continue
            assert row.ledger is not None  # noqa: S101 - the shape was just checked
            ledger = row.ledger.decode()
            standing = self._standings.setdefault(ledger, _Standing(ledger))
            for kind, detail in self._check_row(ledger, row, standing):
                yield LedgerProblem(standing.owner, row.version, kind, detail)
        for standing in self._standings.values():
            yield from standing.sealed

    def _check_row(self, ledger: str, row: RawEvent, standing: _Standing) -> Iterator[tuple[str, str]]:
        topic, state = (row.topic or b"").decode(errors="replace"), row.state or b""
        decoded = self._decode(ledger, row, topic, standing)
        if row.version != standing.expected:
            yield "missing", f"event {standing.expected} should stand here"
        stored = row.digest
        if stored is None:
            yield "chain", "the event has no digest: it was not written by the ledger"
        elif stored != chain_digest(standing.previous, row.position, (ledger, row.version), topic, state):
            yield "chain", f"what is stored for {topic!r} does not match its digest: it was altered or moved"
        if decoded is not None:
            yield decoded
        # Going on from the stored digest names the damaged event alone, not all after it.
        standing.previous, standing.expected = stored or b"", row.version + 1
        standing.seen.add(row.version)

    def _decode(self, ledger: str, row: RawEvent, topic: str, standing: _Standing) -> tuple[str, str] | None:
        """Return what is wrong with an event's payload; learn the ledger's owner on the way."""
        try:
            stored = StoredEvent(UUID(ledger), row.version, topic, row.state or b"")
            event = self._mapper.to_domain_event(stored)
            sealed = self._mapper.is_sealed(stored)
        except (IntegrityFaultError, ValueError) as error:
            return "payload", str(error)
        if isinstance(event, LedgerOpened | LedgerReopened) and event.user_id != ERASED:
            standing.owner = event.user_id
        if isinstance(event, LedgerErased):
            standing.sealed.clear()  # nobody shall read what came before
            return None if sealed else ("key", _KEY_LEFT)
        if sealed:
            detail = _KEY_ANOTHER if self._mapper.has_key(UUID(ledger)) else _KEY_MISSING
            standing.sealed.append(LedgerProblem(standing.owner, row.version, "key", detail))
        return None

    def _check_digests(self, ledger_hex: str | None) -> Iterator[LedgerProblem]:
        """Yield the digests whose event is gone."""
        for ledger, version in self._recorder.digest_places(ledger_hex):
            standing = self._standings.get(ledger)
            if standing is None or version not in standing.seen:
                owner = standing.owner if standing else _shown(ledger.encode(errors="replace"))
                sequence = version if isinstance(version, int) else None
                yield LedgerProblem(
                    owner, sequence, "missing", "the event is gone; its digest is still there"
                )

    def _check_file(self, _: str | None) -> Iterator[LedgerProblem]:
        """Yield what numbering and file structure give away: holes, a cut tail, broken pages."""
        events, top, ever = self._recorder.counts()
        if events != top:
            detail = f"{top - events} events are missing among the first {top} positions"
            yield LedgerProblem(None, None, "missing", detail)
        if ever != top:
            detail = f"the ledger ends at position {top}, yet {ever} were given out"
            yield LedgerProblem(None, None, "missing", detail)
        for fault in self._recorder.integrity_faults():
            yield LedgerProblem(None, None, "database", fault)


def _shown(ledger: bytes | None) -> str | None:
    return None if ledger is None else ledger.decode("ascii", "backslashreplace")
