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


STOPPED_REMEDY = (
    "Run `fileledger verify`, which names the damage; mend the ledger (`fileledger restore`), "
    "then run `fileledger replay`."
)


@dataclass(frozen=True)
class StoppedUser:
    """A user's part of the views that stands still: the event at `position` is damaged.

    `ledger` is the ledger's hex id, None for an event that does not even say whose it is.
    """

    ledger: str | None
    position: int


def describe_stopped(stopped: Sequence[StoppedUser]) -> str:
    """Say whose parts of the views stand still, and what to do about it."""
    shown = [f"ledger {user.ledger or 'unknown'} at position {user.position}" for user in stopped[:3]]
    more = f" and {len(stopped) - len(shown)} more" if len(stopped) > len(shown) else ""
    return f"damaged events stop what is shown of {', '.join(shown)}{more}. {STOPPED_REMEDY}"


@dataclass(frozen=True)
class ViewDifference:
    """How a live view differed from the rebuilt one.

    Documents that the live view lacked, had with another content, and had although
    they should not be; `examples` names the first of them, never their content.
    """

    missing: int = 0
    altered: int = 0
    surplus: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class RebuiltView:
    """What a rebuild did to one view; digests are SHA-256 over canonical documents.

    The two were compared just before the rebuilt view took the live one's place.
    """

    name: str
    digest_before: str
    digest_after: str
    documents: int
    difference: ViewDifference = ViewDifference()


@dataclass(frozen=True)
class Watch:
    """Who watches a rebuild: is told of its progress, and asked whether it shall stop.

    `on_progress` gets events done (at first those that an interrupted rebuild had
    done) and events in all, again and again.
    """

    on_progress: Callable[[int, int], None] = lambda _done, _total: None
    is_cancelled: Callable[[], bool] = lambda: False


UNWATCHED = Watch()


class Views(Protocol):
    """Projections of the ledger that can be thrown away and rebuilt."""

    def catch_up(self) -> int:
        """Apply every event recorded so far and return the position reached."""

    def position(self) -> int:
        """Return the position that every view has reached by now."""

    def positions(self) -> Mapping[str, int]:
        """Return the position that each view has reached by now, by its name."""

    def stopped(self) -> Sequence[StoppedUser]:
        """Return whose parts of the views stand still before a damaged event, until a rebuild reads it."""

    def files_of(self, user_id: str) -> FileList:
        """Return the user's current files, with every event of theirs so far; waits for nobody else's.

        Raises:
            IntegrityFaultError: an event of theirs is damaged.
        """

    def quota_of(self, user_id: str) -> Quota:
        """Return what the user holds."""

    def due_user_ids(self, now: datetime) -> Sequence[str]:
        """Return the users who hold a file whose time is over at `now`."""

    def next_expiry(self, *, after: datetime, before: datetime) -> datetime | None:
        """Return when the next file between the two times expires, None when none does."""

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
        watch: Watch = UNWATCHED,
    ) -> Sequence[RebuiltView]:
        """Build the views anew from the ledger and swap them in (not when `dry_run`).

        Raises:
            ReplayCancelledError: the watch said so.
        """
