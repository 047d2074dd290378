"""UserLedger: the aggregate that decides and remembers everything about one user's files.

Public methods decide: they check the rules, are idempotent, and trigger events.
What these change is in `ledger_state`.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import EventSourcingError

from domain.damage import Damage
from domain.errors import (
    ErasureUnderWayError,
    FileTooLargeError,
    HeldError,
    HeldFilesFullError,
    IntegrityFaultError,
    InvalidValueError,
    NoSuchFileError,
    QuotaExceededError,
)
from domain.events import (
    ErasureRequested,
    ExecutionFinished,
    ExecutionStarted,
    FileBytesPurged,
    FileDeleted,
    FileEvicted,
    FileExpired,
    FileGenerated,
    FileLost,
    FileRecorded,
    FileUploaded,
    HistoryImported,
    HistoryRead,
    HoldPlaced,
    HoldReleased,
    LedgerErased,
    LedgerEvent,
    LedgerOpened,
    LedgerReopened,
    TurnFinished,
)
from domain.executions import INTERRUPTED, ExecutionReport, check_code, output_tail
from domain.files import LedgerFile, NewFile, check_user_id
from domain.holds import check_reason
from domain.ledger_state import LedgerState
from domain.metadata import Metadata, Timestamp
from domain.reading import ReadMatter
from domain.retention import Limits, make_room
from domain.spending import Spent, TokensUsedUpError
from domain.tables import FileTables

REPLAY_FAULTS = (EventSourcingError, LookupError, ValueError, TypeError, AttributeError, AssertionError)
"""What a replay raises over events that do not follow from one another."""


class UserLedger(LedgerState):
    """One user's files and executions."""

    TOPIC = "UserLedger"

    @staticmethod
    def create_id(user_id: str) -> UUID:
        """Return the id of the ledger of `user_id`; the same for ever."""
        return uuid5(NAMESPACE_URL, f"fileledger:user:{user_id}")

    @classmethod
    def open(cls, user_id: str, metadata: Metadata) -> Self:
        """Open the ledger of a user who has none.

        Raises:
            InvalidValueError: `user_id` is no user id.
        """
        return cls._create(LedgerOpened, user_id=check_user_id(user_id), **_fields(metadata))

    @classmethod
    def adopt(cls, events: Sequence[LedgerEvent], before: "UserLedger | None" = None) -> "UserLedger":
        """Return a ledger with events that happened elsewhere, after the erased one `before` if given.

        Raises:
            REPLAY_FAULTS: they do not follow from one another.
        """
        ledger = before
        for event in events:
            ledger = event.mutate(ledger)
        if ledger is None:
            msg = "there is no event"
            raise ValueError(msg)
        ledger._pending_events.extend(events)  # noqa: SLF001  # it is our own
        return ledger

    # -- reading -------------------------------------------------------------

    def live_files(self, now: Timestamp) -> list[LedgerFile]:
        """Return the files that can be used at `now`, oldest first.

        A file whose time is over is not among them, even while its expiry is
        still to be recorded.
        """
        return [file for file in self.files.values() if not self.is_over(file, now)]

    def live_file(self, file_id: str, now: Timestamp) -> LedgerFile:
        """Return one live file.

        Raises:
            NoSuchFileError: no live file has that id.
        """
        file = self.files.get(file_id)
        if file is None or self.is_over(file, now):
            raise NoSuchFileError(file_id)
        return file

    def check_tokens_left(self, limit: int | None, now: Timestamp) -> None:
        """Let a turn with the model begin; `limit` is in tokens a day, None for none.

        Raises:
            TokensUsedUpError: the day's tokens are used up.
        """
        spending = self.spending
        used = spending.tokens if spending is not None and spending.day >= now.date() else 0
        if limit is not None and used >= limit:
            raise TokensUsedUpError(used, limit)

    # -- deciding ------------------------------------------------------------

    def upload(
        self, new: NewFile, *, source: str, expires_at: Timestamp | None, limits: Limits, metadata: Metadata
    ) -> str:
        """Record an uploaded file and return its id; the oldest files make room.

        A delivery that was recorded before (same `source`) records nothing and
        returns the id it got then.

        Raises:
            FileTooLargeError, QuotaExceededError: the file can never fit.
            HeldFilesFullError: what would make room is under a hold.
        """
        if source in self.sources:
            return self.sources[source]
        if new.size_bytes > limits.max_file_bytes:
            raise FileTooLargeError(new.filename, limits.max_file_bytes)
        self.expire(metadata)
        if not self._evict_for(new, limits, metadata, for_upload=True):
            if self.holds and make_room(list(self.files.values()), new.size_bytes, limits, for_upload=True):
                raise HeldFilesFullError(new.filename)
            raise QuotaExceededError(new.filename, limits.max_bytes)
        self._record(FileUploaded, new, expires_at, metadata, source=source)
        return new.file_id

    def delete(self, file_id: str, metadata: Metadata) -> LedgerFile:
        """Remove a live file and return it.

        Raises:
            NoSuchFileError: no live file has that id.
            HeldError: it is under a hold.
        """
        file = self.live_file(file_id, metadata.timestamp)
        if self.is_held(file_id):
            what = f"{file.filename!r} is"
            raise HeldError(what)
        self._trigger(FileDeleted, metadata, file_id=file_id)
        return file

    def expire(self, metadata: Metadata) -> list[str]:
        """Remove every file whose time is over, unless it is held, and return their ids, oldest first."""
        due = [file for file in self.files.values() if self.is_over(file, metadata.timestamp)]
        for file in due:
            self._trigger(FileExpired, metadata, file_id=file.file_id, expires_at=file.expires_at)
        return [file.file_id for file in due]

    def record_loss(self, file_id: str, damage: Damage, metadata: Metadata) -> None:
        """Record that a file's bytes are lost, so that it leaves the list (nothing, when it left before)."""
        if file_id in self.files:
            self._trigger(FileLost, metadata, file_id=file_id, damage=damage)

    def record_purge(self, file_id: str, bytes_freed: int, metadata: Metadata) -> None:
        """Record that a removed file's bytes are off the disk (nothing, when it was recorded before)."""
        if file_id in self.awaiting_purge:
            self._trigger(FileBytesPurged, metadata, file_id=file_id, bytes_freed=bytes_freed)

    def start_execution(
        self, execution_id: str, code: str, *, model: str | None, runner: str, metadata: Metadata
    ) -> list[LedgerFile]:
        """Record that code begins to run and return the files that it may open.

        Raises:
            InvalidValueError: the code is no text, or too large to be kept.
        """
        check_code(code)
        granted = self.live_files(metadata.timestamp)
        self._trigger(
            ExecutionStarted,
            metadata,
            execution_id=execution_id,
            code=code,
            code_sha256=hashlib.sha256(code.encode()).hexdigest(),
            input_file_ids=tuple(file.file_id for file in granted),
            model=model,
            runner=runner,
        )
        return granted

    def finish_execution(
        self,
        execution_id: str,
        report: ExecutionReport,
        *,
        metadata: Metadata,
        outputs: Sequence[NewFile] = (),
        expires_at: Timestamp | None = None,
        limits: Limits | None = None,
    ) -> list[NewFile]:
        """Record how a running execution ended and return the outputs that were kept.

        An output that finds no room among the generated files is not kept and is
        named in `skipped_outputs` of the event. An execution that is not running
        (ended before, or unknown) records nothing and keeps nothing.
        """
        if execution_id not in self.running:
            return []
        self.expire(metadata)
        room = limits or Limits()
        kept: list[NewFile] = []
        skipped = list(report.skipped_outputs)
        for new in outputs:
            if len(kept) < room.max_generated_files and self._evict_for(
                new, room, metadata, for_upload=False
            ):
                self._record(FileGenerated, new, expires_at, metadata, execution_id=execution_id)
                kept.append(new)
            else:
                skipped.append(f"{new.filename}: no room left among your generated files")
        self._trigger(
            ExecutionFinished,
            metadata,
            execution_id=execution_id,
            outcome=report.outcome,
            exit_code=report.exit_code,
            duration_ms=report.duration_ms,
            output_tail=output_tail(report.output),
            stopped_by=report.stopped_by,
            packages=report.packages,
            loaded_file_ids=report.loaded_file_ids,
            generated_file_ids=tuple(new.file_id for new in kept),
            skipped_outputs=tuple(skipped),
            tables=tuple(seen for seen in report.tables if self._is_news(seen)),
        )
        return kept

    def record_read(
        self, what: ReadMatter, first_sequence: int, last_sequence: int, metadata: Metadata
    ) -> None:
        """Record that somebody else reads these events of the user, or what they tell."""
        span = {"first_sequence": first_sequence, "last_sequence": last_sequence}
        self._trigger(HistoryRead, metadata, what=what, **span)

    def place_hold(self, file_id: str | None, reason: str, metadata: Metadata) -> None:
        """Hold a file, or (None) all that the user has and will have; nothing, when it is held already.

        Raises:
            NoSuchFileError: no file has that id any more.
            InvalidValueError: there is no reason.
        """
        if file_id is not None and file_id not in self.files:
            raise NoSuchFileError(file_id)
        if file_id not in self.holds:
            self._trigger(HoldPlaced, metadata, file_id=file_id, reason=check_reason(reason))

    def release_hold(self, file_id: str | None, reason: str, metadata: Metadata) -> None:
        """End a hold.

        Raises:
            InvalidValueError: there is no such hold, or no reason.
        """
        if file_id not in self.holds:
            msg = f"There is no hold on {file_id or 'all that the user has'}; `fileledger holds` lists them."
            raise InvalidValueError(msg)
        self._trigger(HoldReleased, metadata, file_id=file_id, reason=check_reason(reason))

    def request_erasure(self, metadata: Metadata) -> None:
        """Let all files go and close all runs; until the erasure is finished nothing else is recorded.

        Raises:
            HeldError: a hold lies on something of the user's.
        """
        if self.is_being_erased:
            return
        if self.holds:
            what = f"{self.user_id} cannot be forgotten: something is"
            raise HeldError(what)
        for file_id in list(self.files):
            self._trigger(FileDeleted, metadata, file_id=file_id)
        for execution_id in list(self.running):
            self.finish_execution(execution_id, INTERRUPTED, metadata=metadata)
        self._trigger(ErasureRequested, metadata)

    def finish_erasure(self, bytes_freed: dict[str, int], metadata: Metadata) -> None:
        """Record that nothing of the user is left outside the ledger; by file id what the disk let go of."""
        if not self.is_being_erased:
            return
        purged = [file_id for file_id in bytes_freed if file_id in self.awaiting_purge]
        for file_id in purged:
            self.record_purge(file_id, bytes_freed[file_id], metadata)
        self._trigger(LedgerErased, metadata, files_purged=len(purged))

    def reopen(self, user_id: str, metadata: Metadata) -> None:
        """Let an erased user come back."""
        self._trigger(LedgerReopened, metadata, user_id=check_user_id(user_id))

    def record_import(self, events: int, metadata: Metadata) -> None:
        """Record that the newest events were taken from an archive."""
        self._trigger(HistoryImported, metadata, events=events)

    def _is_news(self, seen: FileTables) -> bool:
        file = self.files.get(seen.file_id)
        return file is not None and self.tables_of(file) != seen.tables

    def _evict_for(self, new: NewFile, limits: Limits, metadata: Metadata, *, for_upload: bool) -> bool:
        files = list(self.files.values())
        held = {file.file_id for file in files if self.is_held(file.file_id)}
        evictions = make_room(files, new.size_bytes, limits, for_upload=for_upload, held=held)
        for eviction in evictions or ():
            self._trigger(
                FileEvicted,
                metadata,
                file_id=eviction.file.file_id,
                rule=eviction.rule,
                limit=limits.of(eviction.rule),
                displaced_by=new.file_id,
            )
        return evictions is not None

    def _record(
        self,
        kind: type[FileRecorded],
        new: NewFile,
        expires_at: Timestamp | None,
        metadata: Metadata,
        **how: str,
    ) -> None:
        facts = new.model_dump() | {"extension": new.extension}
        self._trigger(kind, metadata, expires_at=expires_at, **facts, **how)

    def _trigger(self, kind: type[LedgerEvent], metadata: Metadata, **facts: Any) -> None:
        if self.is_being_erased and not issubclass(kind, FileBytesPurged | LedgerErased):
            raise ErasureUnderWayError
        self.trigger_event(kind, **_fields(metadata), **facts)

    def finish_turn(self, spent: Spent, stopped_because: str, metadata: Metadata) -> None:
        """Record that a turn with the model ended, and what it took."""
        self._trigger(TurnFinished, metadata, stopped_because=stopped_because, **spent.model_dump())


def damaged_ledger(ledger_id: UUID, error: Exception) -> IntegrityFaultError:
    """Return the fault of a ledger whose events do not make a ledger."""
    return IntegrityFaultError(
        f"Ledger {ledger_id} cannot be rebuilt: its events do not follow from one another "
        f"({type(error).__name__}: {str(error)[:100]}). Run `fileledger verify`."
    )


def _fields(metadata: Metadata) -> dict[str, Any]:
    """Return the metadata as event fields."""
    return {"timestamp": metadata.timestamp, "actor": metadata.actor, "cause": metadata.cause}
