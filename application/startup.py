"""What every start has to finish for processes that died before."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from application.expire import ExpireFiles
from application.ledgers import By, Ledgers, each_ledger
from application.ports.blobs import BlobStore
from application.ports.ledger import LedgerStore
from application.ports.sandbox import Runners
from application.ports.views import Views
from application.purge import PurgeRemovedFiles, WantedBlobs
from domain.executions import INTERRUPTED
from domain.ledger import UserLedger
from domain.metadata import Metadata

RECOVERY = By("system:recovery", "start")


@dataclass(frozen=True)
class Recovery:
    """What a start found to finish: ids of executions and files."""

    interrupted: tuple[str, ...]
    expired: tuple[str, ...]


class Recover:
    """Closes dead runs, catches up expiries and purges; sweeps bytes that no event names."""

    def __init__(
        self,
        store: LedgerStore,
        ledgers: Ledgers,
        views: Views,
        blobs: BlobStore,
        runners: Runners,
        expire: ExpireFiles,
        purge: PurgeRemovedFiles,
    ) -> None:
        self._store, self._ledgers, self._views, self._blobs = store, ledgers, views, blobs
        self._runners, self._expire, self._purge = runners, expire, purge

    def __call__(self) -> Recovery:
        """Finish what was left; safe beside other processes that are at work."""
        self._views.catch_up()
        found: dict[str, tuple[str, ...]] = {}
        with each_ledger() as attempt:
            attempt(lambda: found.update(interrupted=tuple(self._close_dead_runs())))
            attempt(lambda: found.update(expired=tuple(self._expire())))
            attempt(self._purge.catch_up)
        return Recovery(found["interrupted"], found["expired"])

    def sweep(self, user_id: str | None = None, is_over: Callable[[], bool] = lambda: False) -> list[str]:
        """Remove bytes that no event names, one user's or everybody's, and return where they were.

        Safe beside processes that are at work. It looks at every file there is, until `is_over`.
        """
        wanted = WantedBlobs(self._store)
        return self._blobs.discard_orphans(lambda owner, name: is_over() or wanted(owner, name), user_id)

    def _close_dead_runs(self) -> list[str]:
        dead = [run for run in self._views.running_executions() if not self._runners.is_alive(run.runner)]
        with each_ledger() as attempt:
            for run in dead:
                close = partial(_close, run.execution_id)
                attempt(partial(self._ledgers.decide, run.user_id, close, RECOVERY))
        return [run.execution_id for run in dead]


def _close(execution_id: str, ledger: UserLedger, metadata: Metadata) -> None:
    ledger.finish_execution(execution_id, INTERRUPTED, metadata=metadata)
