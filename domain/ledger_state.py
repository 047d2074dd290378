"""What a user's ledger remembers, and how each event changes that.

The methods here only assign; they run again at every replay. The state stays bounded
(live files, files whose bytes still have to go, recent deliveries, running executions),
so that a long ledger costs no more than a short one.
"""

from copy import copy
from functools import singledispatchmethod
from typing import Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from domain.events import (
    ErasureRequested,
    ExecutionFinished,
    ExecutionStarted,
    FileBytesPurged,
    FileRecorded,
    FileRemoved,
    FileUploaded,
    HistoryImported,
    HistoryRead,
    HoldPlaced,
    HoldReleased,
    LedgerErased,
    LedgerEvent,
    LedgerReopened,
    TurnFinished,
)
from domain.executions import RunningExecution
from domain.files import LedgerFile
from domain.holds import Hold
from domain.metadata import Timestamp
from domain.personal import ERASED
from domain.spending import DaySpending
from domain.tables import Tables

REMEMBERED_SOURCES = 200
Content = tuple[str, str]
"""What decides how a file is loaded: the digest of its bytes, and its extension."""


class LedgerState(BaseAggregate[UUID]):
    """The state of one user's ledger."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.files: dict[str, LedgerFile] = {}
        self.awaiting_purge: dict[str, LedgerFile] = {}
        self.sources: dict[str, str] = {}
        self.running: dict[str, RunningExecution] = {}
        self.spending: DaySpending | None = None
        self.holds: dict[str | None, Hold] = {}
        self.erasures = 0
        self.is_being_erased = False
        self.tables: dict[Content, Tables] = {}

    def __deepcopy__(self, _: object) -> Self:
        """Return a copy to decide on: what the containers hold is frozen, so they alone are copied."""
        twin = object.__new__(type(self))
        twin.__dict__ = {name: copy(value) for name, value in self.__dict__.items()}
        return twin

    @property
    def is_erased(self) -> bool:
        """Whether nothing of the user is left; `reopen` lets the user come back."""
        return self.user_id == ERASED

    def is_held(self, file_id: str) -> bool:
        """Tell whether a hold lies on a file, or on all of the user's."""
        return None in self.holds or file_id in self.holds

    def is_over(self, file: LedgerFile, now: Timestamp) -> bool:
        """Tell whether a file's time is over at `now`, and no hold keeps it."""
        return file.is_due(now) and not self.is_held(file.file_id)

    def tables_of(self, file: LedgerFile) -> Tables:
        """Return the tables that a file holds, as far as a run has loaded it or a copy of it."""
        return self.tables.get(_content(file), ())

    @singledispatchmethod
    def evolve(self, event: LedgerEvent) -> None:
        """Take `event` into the state; called by the event itself."""
        raise NotImplementedError(type(event).__name__)

    @evolve.register
    def _(self, event: FileRecorded) -> None:
        self.files[event.file_id] = LedgerFile(
            file_id=event.file_id,
            filename=event.filename,
            extension=event.extension,
            file_type=event.file_type,
            size_bytes=event.size_bytes,
            sha256=event.sha256,
            uploaded_at=event.timestamp,
            expires_at=event.expires_at,
            origin=event.origin,
        )
        if isinstance(event, FileUploaded):
            self.sources[event.source] = event.file_id
            if len(self.sources) > REMEMBERED_SOURCES:
                del self.sources[next(iter(self.sources))]

    @evolve.register
    def _(self, event: FileRemoved) -> None:
        file = self.awaiting_purge[event.file_id] = self.files.pop(event.file_id)
        if _content(file) not in map(_content, self.files.values()):
            self.tables.pop(_content(file), None)

    @evolve.register
    def _(self, event: FileBytesPurged) -> None:
        del self.awaiting_purge[event.file_id]

    @evolve.register
    def _(self, event: ExecutionStarted) -> None:
        self.running[event.execution_id] = RunningExecution(
            execution_id=event.execution_id, runner=event.runner, started_at=event.timestamp
        )

    @evolve.register
    def _(self, event: ExecutionFinished) -> None:
        del self.running[event.execution_id]
        for seen in event.tables:
            if seen.file_id in self.files:
                self.tables[_content(self.files[seen.file_id])] = seen.tables

    @evolve.register
    def _(self, event: HistoryRead | HistoryImported) -> None:
        """Change nothing: files and runs are as they were."""

    @evolve.register
    def _(self, event: TurnFinished) -> None:
        day = event.timestamp.date()
        before = self.spending or DaySpending(day=day)
        self.spending = before.plus(day, event.input_tokens, event.output_tokens, event.cost_micros)

    @evolve.register
    def _(self, event: HoldPlaced) -> None:
        self.holds[event.file_id] = Hold(
            file_id=event.file_id, reason=event.reason, actor=event.actor, since=event.timestamp
        )

    @evolve.register
    def _(self, event: HoldReleased) -> None:
        del self.holds[event.file_id]

    @evolve.register
    def _(self, _: ErasureRequested) -> None:
        self.is_being_erased = True
        self.sources = {}

    @evolve.register
    def _(self, _: LedgerErased) -> None:
        # What the user spent today stays: an erasure is no way round the day's limit.
        self.is_being_erased, self.user_id = False, ERASED
        self.erasures += 1
        self.awaiting_purge = {}

    @evolve.register
    def _(self, event: LedgerReopened) -> None:
        self.user_id = event.user_id


def _content(file: LedgerFile) -> Content:
    return file.sha256, file.extension
