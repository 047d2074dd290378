"""Audit: what happened to a user's files, from the ledger alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from application.files import Listing, listing_of
from application.policy import UsagePolicy
from application.ports.ledger import LedgerStore, Recorded
from domain.errors import InvalidValueError, NoSuchFileError
from domain.events import (
    ExecutionFinished,
    ExecutionStarted,
    FileEvicted,
    FileGenerated,
    FileRecorded,
    LedgerEvent,
    event_kinds,
)
from domain.files import check_user_id
from domain.ledger import REPLAY_FAULTS, UserLedger, damaged_ledger
from domain.why import FileState, explain

DEFAULT_PAGE_EVENTS = 100
NAMED_EVENTS = 1_000  # how far back a file's name is looked for


@dataclass(frozen=True)
class HistoryFilter:
    """Which events a history shows; None: no restriction. `after` is a sequence, the cursor.

    A cursor is stable: events are only ever added at the end, so what follows an event stays.
    """

    file_id: str | None = None
    kind: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    limit: int | None = DEFAULT_PAGE_EVENTS

    def check(self) -> None:
        """Refuse what can hold nothing.

        Raises:
            InvalidValueError: the kind of event or the page size does not exist.
        """
        if self.kind is not None and self.kind not in event_kinds():
            msg = f"There is no event type {self.kind!r}; there are {', '.join(sorted(event_kinds()))}."
            raise InvalidValueError(msg)
        if self.limit is not None and self.limit < 1:
            msg = f"A page holds at least 1 event, not {self.limit}."
            raise InvalidValueError(msg)

    def includes(self, event: LedgerEvent) -> bool:
        """Tell whether the filter lets an event pass."""
        return (
            (self.file_id is None or self.file_id in _files_named(event))
            and (self.kind is None or self.kind == event.TOPIC)
            and (self.actor is None or self.actor == event.actor)
            and (self.since is None or event.timestamp >= self.since)
            and (self.until is None or event.timestamp <= self.until)
        )


@dataclass(frozen=True)
class History:
    """One page of a user's events; `next` is the cursor of the next page, None at the end."""

    user_id: str
    events: tuple[Recorded, ...]
    next: int | None


@dataclass(frozen=True)
class Why:
    """Why a file is there or gone: its state, the events that made it so, and words."""

    file_id: str
    state: FileState
    because: tuple[Recorded, ...]
    text: str


class ReadHistory:
    """The audit trail of one user."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def __call__(self, user_id: str, wanted: HistoryFilter | None = None) -> History:
        """Return the events that `wanted` asks for, oldest first.

        Raises:
            InvalidValueError: the kind of event or the page size does not exist.
        """
        wanted = wanted or HistoryFilter()
        found = self.each(user_id, wanted)
        page = tuple(found if wanted.limit is None else islice(found, wanted.limit))
        is_more = bool(page) and next(found, None) is not None
        return History(user_id, page, page[-1].event.originator_version if is_more else None)

    def each(self, user_id: str, wanted: HistoryFilter, *, up_to: int | None = None) -> Iterator[Recorded]:
        """Return every event that `wanted` asks for, oldest first, whatever its page size.

        `up_to` is the last sequence to look at.

        Raises:
            InvalidValueError: the kind of event or the page size does not exist.
        """
        wanted.check()
        stream = self._store.stream(
            UserLedger.create_id(check_user_id(user_id)),
            after=wanted.after,
            up_to=up_to,
            naming=wanted.file_id,
        )
        return (recorded for recorded in stream if wanted.includes(recorded.event))

    def newest(self, user_id: str, limit: int, *, before: int | None = None) -> History:
        """Return the user's newest events, of those before the sequence `before` if given, oldest first."""
        last = self.length(user_id)
        if before is not None:
            last = max(0, min(last, before - 1))
        stream = self._store.stream(UserLedger.create_id(user_id), after=max(0, last - limit), up_to=last)
        return History(user_id, tuple(stream), None)

    def of_file(self, user_id: str, file_id: str, limit: int) -> History:
        """Return the newest events about one file of the user, oldest of them first."""
        newest = deque(self.each(user_id, HistoryFilter(file_id=file_id)), limit)
        return History(user_id, tuple(newest), None)

    def length(self, user_id: str) -> int:
        """Return the sequence of the user's newest event, 0 when there is none."""
        ledger = self._store.load(check_user_id(user_id))
        return ledger.version if ledger else 0

    def filenames(self, page: History) -> dict[str, str]:
        """Return the names of the files of a page by id, save those that were recorded long before."""
        if not page.events:
            return {}
        first, last = (recorded.event.originator_version for recorded in (page.events[0], page.events[-1]))
        stream = self._store.stream(
            UserLedger.create_id(page.user_id), after=max(0, first - NAMED_EVENTS), up_to=last
        )
        recorded_files = (each.event for each in stream if isinstance(each.event, FileRecorded))
        return {event.file_id: event.filename for event in recorded_files}


class ReadPastFiles:
    """The file list as it was."""

    def __init__(self, store: LedgerStore, policy: UsagePolicy) -> None:
        self._store, self._policy = store, policy

    def as_of(self, user_id: str, moment: datetime) -> Listing:
        """Return the files that the user could use at `moment`.

        A clock may have run backwards: everything before the last event in time counts.
        """
        ledger_id = UserLedger.create_id(check_user_id(user_id))
        ledger = self._ledger(user_id, self._store.version_at(ledger_id, moment))
        return listing_of(user_id, tuple(ledger.live_files(moment)) if ledger else (), self._policy)

    def at(self, user_id: str, sequence: int) -> Listing:
        """Return the files that were recorded after the user's event number `sequence`."""
        if sequence < 0:
            msg = f"A sequence is 0 or more, not {sequence}."
            raise InvalidValueError(msg)
        ledger = self._ledger(check_user_id(user_id), sequence)
        return listing_of(user_id, tuple(ledger.files.values()) if ledger else (), self._policy)

    def _ledger(self, user_id: str, version: int) -> UserLedger | None:
        return self._store.load(user_id, version=version) if version else None


class ExplainFile:
    """Why a file is there or gone."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def __call__(self, file_id: str, *, owner: str | None = None) -> Why:
        """Explain a file; with `owner`, only when it is that user's.

        Raises:
            NoSuchFileError: no such file was ever recorded (for that owner).
        """
        ledger_id = self._store.find_file(file_id)
        if ledger_id is None or (owner is not None and ledger_id != UserLedger.create_id(owner)):
            raise NoSuchFileError(file_id)
        because = self._because(ledger_id, file_id)
        state, text = explain(file_id, [recorded.event for recorded in because])
        if state is FileState.LIVE:
            text += self._hold_on_everything(ledger_id)
        return Why(file_id, state, tuple(because), text)

    def _hold_on_everything(self, ledger_id: UUID) -> str:
        owner = self._store.owner_of(ledger_id)
        ledger = self._store.load(owner) if owner else None
        hold = ledger.holds.get(None) if ledger else None
        return f" All of its user's files are under a hold by {hold.actor}: {hold.reason}." if hold else ""

    def _because(self, ledger_id: UUID, file_id: str) -> list[Recorded]:
        """Return the events that made the file what it is: its own, its maker's, its displacer's."""
        own = [r for r in self._named(ledger_id, file_id) if getattr(r.event, "file_id", None) == file_id]
        makers = {r.event.execution_id for r in own if isinstance(r.event, FileGenerated)}
        displacers = {r.event.displaced_by for r in own if isinstance(r.event, FileEvicted)}
        related = [
            r
            for name in (*makers, *displacers)
            for r in self._named(ledger_id, name)
            if (isinstance(r.event, ExecutionStarted) and r.event.execution_id in makers)
            or (isinstance(r.event, FileRecorded) and r.event.file_id in displacers)
        ]
        return sorted([*own, *related], key=lambda r: r.position)

    def _named(self, ledger_id: UUID, name: str) -> Iterator[Recorded]:
        return self._store.stream(ledger_id, naming=name)

    def newest_named(self, user_id: str, filename: str) -> str | None:
        """Return the id of the user's newest file of that name, gone or not; None: there never was one."""
        newest: str | None = None
        for recorded in self._store.stream(UserLedger.create_id(user_id)):
            if isinstance(recorded.event, FileRecorded) and recorded.event.filename == filename:
                newest = recorded.event.file_id
        return newest


def fold(events: Iterable[LedgerEvent]) -> UserLedger | None:
    """Return the ledger that `events` make, None when there are none.

    Raises:
        IntegrityFaultError: the events do not follow from one another.
    """
    ledger: UserLedger | None = None
    for event in events:
        try:
            ledger = event.mutate(ledger)
        except REPLAY_FAULTS as error:
            raise damaged_ledger(event.originator_id, error) from error
    return ledger


def event_data(event: LedgerEvent) -> dict[str, Any]:
    """Return what an event says beyond what every event carries, as JSON-like values."""
    return event.model_dump(mode="json", exclude=set(LedgerEvent.model_fields) | {"originator_topic"})


def _files_named(event: LedgerEvent) -> set[str]:
    """Return the ids of the files that an event is about."""
    named = {getattr(event, "file_id", ""), getattr(event, "displaced_by", "")}
    if isinstance(event, ExecutionFinished):
        named |= {*event.loaded_file_ids, *event.generated_file_ids}
    return named
