"""Replay: build the views anew from the ledger. No policy runs, nothing else is touched."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.ports.ledger import LedgerStore
from application.ports.views import UNWATCHED, RebuiltView, Views, Watch
from domain.files import check_user_id


@dataclass(frozen=True)
class Replay:
    """What to replay: one view or all, one user or all, positions `first` to `last`."""

    view: str | None = None
    user_id: str | None = None
    first: int = 1
    last: int | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class ReplayReport:
    """What a replay read and built; the first `resumed_events` had been done by an interrupted one."""

    events: int
    resumed_events: int
    views: Sequence[RebuiltView]
    duration_ms: int


class ReplayLedger:
    """Rebuilds views and compares them with what was there."""

    def __init__(self, store: LedgerStore, views: Views) -> None:
        self._store, self._views = store, views

    def __call__(self, wanted: Replay | None = None, watch: Watch = UNWATCHED) -> ReplayReport:
        """Replay the ledger into views.

        Raises:
            InvalidValueError: no such view or user.
            ReplayCancelledError: the watch said so.
        """
        wanted = wanted or Replay()
        if wanted.user_id is not None:
            check_user_id(wanted.user_id)
        began, seen = time.monotonic(), list[int]()

        def progress(done: int, total: int) -> None:
            seen[1:] = [done]
            watch.on_progress(done, total)

        views = self._views.rebuild(
            view=wanted.view,
            user_id=wanted.user_id,
            first=wanted.first,
            last=wanted.last,
            dry_run=wanted.dry_run,
            watch=replace(watch, on_progress=progress),
        )
        return ReplayReport(seen[-1], seen[0], views, round((time.monotonic() - began) * 1000))
