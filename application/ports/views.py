"""Projections of the ledger, which can be thrown away and rebuilt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.files import LedgerFile


@dataclass(frozen=True)
class FileList:
    """A user's current files, oldest first, as the view shows them."""

    user_id: str
    files: tuple[LedgerFile, ...] = ()


@dataclass(frozen=True)
class Quota:
    """What a user holds now, counted by the view."""

    user_id: str
    uploads: int = 0
    generated: int = 0
    size_bytes: int = 0


@dataclass(frozen=True)
class RunningRow:
    """An execution that the view knows as not ended."""

    execution_id: str
    user_id: str
    runner: str


@dataclass(frozen=True)
class RebuiltView:
    """What a rebuild did to one view; digests are SHA-256 over canonical documents."""

    name: str
    digest_before: str
    digest_after: str
    documents: int


class Views(Protocol):
    """Projections of the ledger that can be thrown away and rebuilt."""

    def catch_up(self) -> int:
        """Apply every event recorded so far and return the position reached."""

    def position(self) -> int:
        """Return the position that every view has reached by now."""

    def positions(self) -> Mapping[str, int]:
        """Return the position that each view has reached by now, by its name."""

    def files_of(self, user_id: str) -> FileList:
        """Return the user's current files."""

    def quota_of(self, user_id: str) -> Quota:
        """Return what the user holds."""

    def due_user_ids(self, now: datetime) -> Sequence[str]:
        """Return the users who hold a file whose time is over at `now`."""

    def next_expiry(self, *, after: datetime) -> datetime | None:
        """Return when the next file after that time expires, None when none does."""

    def running_executions(self) -> Sequence[RunningRow]:
        """Return the executions that started and did not end."""

    def forget(self, ledger_id: UUID, position: int) -> None:
        """Let nothing name the user any more in what follows from a ledger's events before `position`."""

    def rebuild(
        self,
        *,
        view: str | None = None,
        user_id: str | None = None,
        first: int = 1,
        last: int | None = None,
        dry_run: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Sequence[RebuiltView]:
        """Build the views anew from the ledger and swap them in (not when `dry_run`).

        `on_progress` gets events done and events in all.
        """
