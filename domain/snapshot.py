"""A ledger's state at one sequence, kept so that a long ledger loads like a short one."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from eventsourcing.domain import CanSnapshotAggregate
from eventsourcing.utils import register_topic
from pydantic import BaseModel, ConfigDict, JsonValue

from domain.errors import IntegrityFaultError
from domain.executions import RunningExecution
from domain.files import LedgerFile
from domain.holds import Hold
from domain.ledger import UserLedger
from domain.metadata import Timestamp, time_text
from domain.personal import Personal
from domain.spending import DaySpending
from domain.tables import Table

SNAPSHOT_INTERVAL = 200


class LedgerSnapshot(BaseModel, CanSnapshotAggregate[UUID]):
    """All of `UserLedger`'s state; personal as a whole, so an erasure takes it too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    TOPIC: ClassVar[str] = "LedgerSnapshot"

    originator_id: UUID
    originator_version: int
    timestamp: Timestamp
    topic: str
    state: Annotated[dict[str, JsonValue], Personal({})]

    @classmethod
    def take(cls, aggregate: Any) -> Self:
        """Return a snapshot of a ledger; its time is the newest event's, no clock is read."""
        return cls(
            originator_id=aggregate.id,
            originator_version=aggregate.version,
            timestamp=aggregate.modified_on,
            topic=UserLedger.TOPIC,
            state=_state_of(aggregate),
        )

    def mutate(self, _: None) -> UserLedger:
        """Return the ledger as it was.

        Raises:
            IntegrityFaultError: the state was erased; replay the events instead.
        """
        if not self.state:
            msg = f"The snapshot of ledger {self.originator_id} is erased."
            raise IntegrityFaultError(msg)
        ledger = UserLedger.__new__(UserLedger)
        ledger.__base_init__(self.originator_id, self.originator_version, self._created_on())
        ledger.modified_on = self.timestamp
        UserLedger.__init__(ledger, str(self.state["user_id"]))
        _restore(ledger, self.state)
        return ledger

    def _created_on(self) -> datetime:
        told = self.state.get("created_on")  # snapshots of earlier versions do not tell
        return datetime.fromisoformat(told) if isinstance(told, str) else self.timestamp


def _state_of(ledger: UserLedger) -> dict[str, JsonValue]:
    # Lists, because canonical JSON sorts keys and the order of files is a rule.
    return {
        "user_id": ledger.user_id,
        "created_on": time_text(ledger.created_on),
        "files": [file.model_dump(mode="json") for file in ledger.files.values()],
        "awaiting_purge": [file.model_dump(mode="json") for file in ledger.awaiting_purge.values()],
        "sources": [[source, file_id] for source, file_id in ledger.sources.items()],
        "running": [run.model_dump(mode="json") for run in ledger.running.values()],
        "holds": [hold.model_dump(mode="json") for hold in ledger.holds.values()],
        "erasures": ledger.erasures,
        "is_being_erased": ledger.is_being_erased,
        "tables": [
            [*content, [table.model_dump(mode="json") for table in tables]]
            for content, tables in ledger.tables.items()
        ],
        "spending": ledger.spending.model_dump(mode="json") if ledger.spending else None,
    }


def _restore(ledger: UserLedger, state: Any) -> None:
    files = [LedgerFile.model_validate(file) for file in state["files"]]
    gone = [LedgerFile.model_validate(file) for file in state["awaiting_purge"]]
    running = [RunningExecution.model_validate(run) for run in state["running"]]
    ledger.files = {file.file_id: file for file in files}
    ledger.awaiting_purge = {file.file_id: file for file in gone}
    ledger.sources = dict(state["sources"])
    ledger.running = {run.execution_id: run for run in running}
    holds = [Hold.model_validate(hold) for hold in state.get("holds", ())]
    ledger.holds = {hold.file_id: hold for hold in holds}
    ledger.erasures = state.get("erasures", 0)
    ledger.is_being_erased = state.get("is_being_erased", False)
    ledger.tables = {
        (sha256, extension): tuple(Table.model_validate(table) for table in tables)
        for sha256, extension, tables in state.get("tables", ())  # snapshots of earlier versions have none
    }
    if spending := state.get("spending"):  # snapshots of earlier versions have none
        ledger.spending = DaySpending.model_validate(spending)


register_topic(LedgerSnapshot.TOPIC, LedgerSnapshot)
