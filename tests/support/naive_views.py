"""The views computed naively: by folding every ledger at each question."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from application.audit import fold
from application.ports.ledger import LedgerStore
from application.ports.views import UNWATCHED, FileList, Quota, RebuiltView, RunningRow, StoppedUser, Watch
from domain.ledger import UserLedger
from domain.personal import ERASED


class NaiveViews:
    """`Views` without a database, always up to date."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._owners: dict[UUID, str] = {}

    def _ledgers(self) -> Iterable[UserLedger]:
        for ledger_id in self._store.ledger_ids():
            ledger = fold(recorded.event for recorded in self._store.stream(ledger_id))
            assert ledger is not None
            if ledger.user_id == ERASED:
                ledger.user_id = self._owners.get(ledger_id, ledger_id.hex)
            self._owners[ledger_id] = ledger.user_id
            yield ledger

    def _ledger(self, user_id: str) -> UserLedger | None:
        return next((ledger for ledger in self._ledgers() if ledger.user_id == user_id), None)

    def catch_up(self) -> int:
        """Return the head: nothing has to be caught up."""
        return self._store.head()

    def position(self) -> int:
        """Return the head: nothing ever lags."""
        return self._store.head()

    def positions(self) -> Mapping[str, int]:
        """Return the head for the one view there is."""
        return {"naive": self._store.head()}

    def stopped(self) -> Sequence[StoppedUser]:
        """Return nobody: what is damaged raises here."""
        return ()

    def files_of(self, user_id: str) -> FileList:
        """Return the files of a user's ledger."""
        ledger = self._ledger(user_id)
        return FileList(user_id, tuple(ledger.files.values()) if ledger else ())

    def quota_of(self, user_id: str) -> Quota:
        """Count the files of a user's ledger."""
        files = self.files_of(user_id).files
        uploads = sum(file.is_upload for file in files)
        return Quota(user_id, uploads, len(files) - uploads, sum(file.size_bytes for file in files))

    def due_user_ids(self, now: datetime) -> Sequence[str]:
        """Return who holds a file that is due."""
        return [
            ledger.user_id for ledger in self._ledgers() if any(f.is_due(now) for f in ledger.files.values())
        ]

    def next_expiry(self, *, after: datetime, before: datetime) -> datetime | None:
        """Return the earliest expiry between the two times."""
        times = [
            f.expires_at
            for ledger in self._ledgers()
            for f in ledger.files.values()
            if f.expires_at and after < f.expires_at < before
        ]
        return min(times, default=None)

    def running_executions(self) -> Sequence[RunningRow]:
        """Return what runs, by the ledgers."""
        return [
            RunningRow(run.execution_id, ledger.user_id, run.runner)
            for ledger in self._ledgers()
            for run in ledger.running.values()
        ]

    def forget(self, ledger_id: UUID, position: int) -> None:
        """Forget the name that was learned."""
        self._owners.pop(ledger_id, None)

    def rebuild(
        self,
        *,
        view: str | None = None,
        user_id: str | None = None,
        first: int = 1,
        last: int | None = None,
        dry_run: bool = False,
        watch: Watch = UNWATCHED,
    ) -> Sequence[RebuiltView]:
        """Rebuild nothing."""
        return []
