"""Ledgers to follow: what users did, told to real aggregates, and the views folded naively from it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from application.ports.ledger import Recorded
from domain.events import (
    ExecutionFinished,
    ExecutionStarted,
    FileRecorded,
    FileRemoved,
    LedgerEvent,
    LedgerOpened,
)
from domain.executions import ExecutionReport, Outcome
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.metadata import Metadata, user_actor
from domain.retention import Limits
from tests.support.memory_ledger import MemoryLedgerStore

LIMITS = Limits(max_files=3, max_generated_files=2, max_bytes=1000)
DAWN = datetime(2026, 1, 1, tzinfo=UTC)
USERS = ("alice", "bob", "carol")
Documents = dict[str, dict[str, dict[str, Any]]]
"""Documents by view, then by `_id`, without `_id`."""


def locate(user_id: str, name: str) -> str:
    """Say where a blob is."""
    return f"/data/user_files/{user_id}/{name}"


@dataclass
class Story:
    """Tells a ledger store what users do; an hour passes with each deed."""

    store: MemoryLedgerStore = field(default_factory=MemoryLedgerStore)
    hours: int = 0
    deeds: int = 0

    @property
    def now(self) -> datetime:
        """The time of the story."""
        return DAWN + timedelta(hours=self.hours)

    def metadata(self, user_id: str) -> Metadata:
        """Return the circumstances of the next deed."""
        self.hours += 1
        self.deeds += 1
        return Metadata(timestamp=self.now, actor=user_actor(user_id))

    def ledger(self, user_id: str) -> UserLedger:
        """Return a user's ledger, opened when it is not there."""
        return self.store.load(user_id) or UserLedger.open(user_id, self.metadata(user_id))

    def upload(
        self, user_id: str = "alice", *, name: str = "a.csv", size: int = 10, hours: int | None = 48
    ) -> str:
        """Upload a file that lives for `hours` (None: for ever)."""
        ledger, metadata = self.ledger(user_id), self.metadata(user_id)
        file_id = ledger.upload(
            self._new_file(name, size),
            source=f"source-{self.deeds}",
            expires_at=None if hours is None else self.now + timedelta(hours=hours),
            limits=LIMITS,
            metadata=metadata,
        )
        self.store.append(ledger)
        return file_id

    def delete(self, user_id: str = "alice") -> None:
        """Delete the user's oldest file, if any."""
        ledger, metadata = self.ledger(user_id), self.metadata(user_id)
        for file in ledger.live_files(self.now)[:1]:
            ledger.delete(file.file_id, metadata)
        self.store.append(ledger)

    def expire(self, user_id: str = "alice") -> None:
        """Expire what is due, and purge everything that waits for it."""
        ledger, metadata = self.ledger(user_id), self.metadata(user_id)
        ledger.expire(metadata)
        for file in list(ledger.awaiting_purge.values()):
            ledger.record_purge(file.file_id, file.size_bytes, metadata)
        self.store.append(ledger)

    def start(self, user_id: str = "alice") -> str:
        """Start an execution."""
        ledger, metadata = self.ledger(user_id), self.metadata(user_id)
        execution_id = f"run-{self.deeds}"
        ledger.start_execution(execution_id, "print(1)", model=None, runner="here", metadata=metadata)
        self.store.append(ledger)
        return execution_id

    def finish(self, user_id: str = "alice", *, outputs: int = 1) -> None:
        """Finish every execution that runs, each with some output files."""
        ledger, metadata = self.ledger(user_id), self.metadata(user_id)
        for number, execution_id in enumerate(list(ledger.running)):
            ledger.finish_execution(
                execution_id,
                ExecutionReport(outcome=Outcome.SUCCEEDED, exit_code=0, duration_ms=12),
                outputs=[self._new_file(f"out{i}.png", 5, 100 * number + i) for i in range(outputs)],
                expires_at=self.now + timedelta(hours=48),
                limits=LIMITS,
                metadata=metadata,
            )
        self.store.append(ledger)

    def _new_file(self, name: str, size: int, number: int = 0) -> NewFile:
        file_id = f"{self.deeds:06d}{number:06d}"
        return NewFile(
            file_id=file_id, filename=name, file_type="CSV", size_bytes=size, sha256=f"{self.deeds:064x}"
        )


_user = st.sampled_from(USERS)
_Deed = tuple[str, str, dict[str, Any]]
_deed: st.SearchStrategy[_Deed] = st.one_of(
    st.tuples(
        st.just("upload"),
        _user,
        st.fixed_dictionaries({"size": st.integers(0, 600), "hours": st.sampled_from([3, 20, None])}),
    ),
    st.tuples(st.sampled_from(["delete", "expire", "start"]), _user, st.just({})),
    st.tuples(st.just("finish"), _user, st.fixed_dictionaries({"outputs": st.integers(0, 3)})),
)


@st.composite
def ledgers(draw: st.DrawFn, *, deeds: int) -> MemoryLedgerStore:
    """Draw a ledger of several users: long enough for them to meet the limits."""
    store = MemoryLedgerStore(positions_apart=draw(st.integers(1, 3)))
    story = Story(store)
    for verb, user_id, options in draw(st.lists(_deed, min_size=deeds, max_size=2 * deeds)):
        getattr(story, verb)(user_id, **options)
    return store


def naive_views(events: Iterable[Recorded]) -> Documents:
    """Fold the views the plain way: one event after the other, everything in memory."""
    views = _NaiveViews()
    for recorded in events:
        views.take(recorded.event, recorded.position)
    return {"user_files": views.files, "user_quotas": views.quotas(), "executions": views.runs}


class _NaiveViews:
    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.touched: dict[str, int] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}

    def take(self, event: LedgerEvent, position: int) -> None:
        ledger = event.originator_id.hex
        if isinstance(event, LedgerOpened):
            self.names[ledger] = event.user_id
        if isinstance(event, LedgerOpened | FileRecorded | FileRemoved):
            self.touched[ledger] = position
        match event:
            case FileRecorded():
                self.files[event.file_id] = {
                    "file_id": event.file_id,
                    "user_id": self.names[ledger],
                    "filename": event.filename,
                    "file_path": locate(self.names[ledger], event.file_id + event.extension),
                    "file_type": event.file_type,
                    "file_size": event.size_bytes,
                    "sha256": event.sha256,
                    "uploaded_at": event.timestamp,
                    "expires_at": event.expires_at,
                    "origin": getattr(event, "execution_id", "upload"),
                    "extension": event.extension,
                    "position": position,
                }
            case FileRemoved():
                del self.files[event.file_id]
            case ExecutionStarted():
                self.runs[event.execution_id] = {
                    "execution_id": event.execution_id,
                    "user_id": self.names[ledger],
                    "started_at": event.timestamp,
                    "runner": event.runner,
                    "model": event.model,
                    "position": position,
                }
            case ExecutionFinished():
                del self.runs[event.execution_id]

    def quotas(self) -> dict[str, dict[str, Any]]:
        found = {}
        for ledger, name in self.names.items():
            files = [file for file in self.files.values() if file["user_id"] == name]
            uploads = [file for file in files if file["origin"] == "upload"]
            found[ledger] = {
                "user_id": name,
                "uploads": len(uploads),
                "generated": len(files) - len(uploads),
                "size_bytes": sum(file["file_size"] for file in files),
                "holdings": {
                    file["file_id"]: {
                        "size_bytes": file["file_size"],
                        "is_upload": file["origin"] == "upload",
                    }
                    for file in files
                },
                "position": self.touched[ledger],
            }
        return found
