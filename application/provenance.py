"""Trace a file: what it was made from, or what it went into."""

from dataclasses import dataclass

from application.ports.ledger import LedgerStore
from domain.errors import NoSuchFileError
from domain.ledger import UserLedger
from domain.provenance import Provenance, provenance_of


@dataclass(frozen=True)
class Trace:
    """A file with all that it came from (or, `is_reverse`, all that came of it)."""

    file_id: str
    is_reverse: bool
    graph: Provenance


class TraceFile:
    """Follows a file's bytes through the executions that opened and made files."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def __call__(self, file_id: str, *, reverse: bool = False, owner: str | None = None) -> Trace:
        """Trace a file; with `owner`, only when it is that user's.

        Raises:
            NoSuchFileError: no such file was ever recorded (for that owner).
        """
        ledger_id = self._store.find_file(file_id)
        if ledger_id is None or (owner is not None and ledger_id != UserLedger.create_id(owner)):
            raise NoSuchFileError(file_id)
        graph = provenance_of(recorded.event for recorded in self._store.stream(ledger_id))
        return Trace(file_id, reverse, graph.downstream(file_id) if reverse else graph.upstream(file_id))
