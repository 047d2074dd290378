"""The `Views` port on MongoDB: follows the ledger on demand, answers from what it wrote.

Any number of processes may follow at once; none is the leader. The scheme stands
in `writing` (documents), `state` (positions) and `rebuild` (the swap).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from application.ports.ledger import Batch, LedgerStore
from application.ports.views import (
    STOPPED_REMEDY,
    UNWATCHED,
    FileList,
    Quota,
    RebuiltView,
    RunningRow,
    StoppedUser,
    Watch,
)
from domain.errors import EnvironmentFaultError, IntegrityFaultError, InvalidValueError, LedgerCutError
from domain.files import LedgerFile
from domain.ledger import UserLedger
from infrastructure.views.bounds import Bounds
from infrastructure.views.client import Document
from infrastructure.views.faults import is_internal, mongodb_faults
from infrastructure.views.folding import Fold
from infrastructure.views.forgetting import forget_owner
from infrastructure.views.generations import drop_unless_live, tidy
from infrastructure.views.owners import Owners
from infrastructure.views.projections import (
    ExecutionProjection,
    FileProjection,
    Locate,
    QuotaProjection,
    kinds_taken,
)
from infrastructure.views.quarantine import NOBODY, damage_in, is_free
from infrastructure.views.rebuild import Rebuild
from infrastructure.views.recent import brought_up_to_date
from infrastructure.views.shapes import EXECUTIONS, FILES, QUOTAS
from infrastructure.views.state import StateStore, ViewsMissingError, ViewState
from infrastructure.views.writing import load, write_guarded

# The embedded server does one bulk write at a time, and whoever reads waits for its end.
EVENTS_A_BATCH = 100
_FILES_A_REPLY = 1_000  # of a list: not to ask again after the first 101
# Ranges open at one end are slow on the embedded server; all times lie between these.
_DAWN, _DUSK = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

P = ParamSpec("P")
T = TypeVar("T")
Method = Callable[Concatenate["MongoViews", P], T]


def _served(method: Method[P, T]) -> Method[P, T]:
    """Explain MongoDB's errors; when its server or storage is gone, revive it if we can, and try once more.

    To try again is safe: nothing is ever written twice.
    """

    @wraps(method)
    def serve(views: "MongoViews", /, *args: P.args, **options: P.kwargs) -> T:
        with mongodb_faults(f"serve the views ({method.__name__})"):
            try:
                return method(views, *args, **options)
            except (ConnectionFailure, OperationFailure, ViewsMissingError) as error:
                is_ours = not isinstance(error, OperationFailure) or is_internal(error)
                if views.revive is None or not is_ours:
                    raise
                _revive(views.revive)
                return method(views, *args, **options)

    return serve


def _revive(revive: Callable[[], None]) -> None:
    """Bring the server back; a second time where one that was dying still answered to the first."""
    try:
        revive()
    except EnvironmentFaultError as error:
        if not isinstance(error.__cause__, ConnectionFailure):
            raise
        revive()


class MongoViews:
    """The views `user_files`, `user_quotas` and `executions`.

    Args:
        database: one that `migrations.apply_migrations` was run on.
        ledger: what the views follow.
        locate: takes a user id and a blob's name, returns where the blob is.
        revive: called when the server is gone; brings it back at the same address,
            set up by the migrations. None: that is not ours to do.
        renew: called when all that the server ever stored has to go, what it deleted and
            logged included; takes the occasion, brings it back empty and set up. None: that is
            not ours to do.
        events_a_batch: how many events are read, folded and written at a time.
    """

    def __init__(
        self,
        database: Database[Document],
        ledger: LedgerStore,
        locate: Locate,
        revive: Callable[[], None] | None = None,
        *,
        renew: Callable[[str], None] | None = None,
        events_a_batch: int = EVENTS_A_BATCH,
    ) -> None:
        self.revive, self._renew = revive, renew
        self._database, self._ledger, self._events_a_batch = database, ledger, events_a_batch
        self._states = StateStore(database)
        self._files = FileProjection(locate)
        # Quotas first: their documents are the ones that must be read before they are written.
        self._projections = (QuotaProjection(), self._files, ExecutionProjection())
        self._kinds = frozenset(kind for each in self._projections for kind in kinds_taken(each))
        self._following = threading.Lock()
        self._is_tidy = False
        self._known: ViewState | None = None

    # -- following -------------------------------------------------------------

    @_served
    def catch_up(self) -> int:
        """Apply every event recorded so far and return the position reached.

        Raises:
            IntegrityFaultError: the views are damaged, or not of this ledger.
        """
        with self._following:
            state = self._states.load()
            head = self._ledger.head()
            _refuse_to_be_ahead(state, head)
            self._tidy_once(state)
            owners = Owners(self._ledger)
            while state.position < head:
                batch = self._ledger.batch_after(
                    state.position, limit=self._events_a_batch, up_to=head, kinds=self._kinds
                )
                state = self._step(state, batch, owners)
            self._known = state
            return state.position

    @_served
    def position(self) -> int:
        """Return the position that every view has reached by now."""
        return self._states.load().position

    @_served
    def positions(self) -> Mapping[str, int]:
        """Return the position that each view has reached by now, by its name."""
        return {view: standing.position for view, standing in self._states.load().standings.items()}

    @_served
    def stopped(self) -> Sequence[StoppedUser]:
        """Return whose parts of the views stand still, the first damaged events first."""
        stopped = self._states.load().quarantined
        return sorted(map(_stopped, stopped, stopped.values()), key=lambda user: user.position)

    def _step(self, since: ViewState, batch: Batch, owners: Owners) -> ViewState:
        """Write a batch and note the position; return where the views stand then."""
        damaged = damage_in(batch, owners, since.quarantined)
        try:
            for projection in self._projections:
                collection, standing = (
                    self._collection(since, projection.view),
                    since.standings[projection.view],
                )
                fold = Fold(projection, owners, partial(load, collection))
                stopped = {**damaged, **standing.quarantined}
                fold.take([e for e in batch.events if e.position > standing.position and is_free(e, stopped)])
                write_guarded(collection, fold.changes)
            advanced = self._states.advance(since, batch.reached, damaged)
        except (PyMongoError, IntegrityFaultError):
            # A collection that was swapped out and dropped may look like a damaged one.
            if since.same_collections(self._states.load()):
                raise
            advanced = None
        return advanced or self._start_again(since)

    def _start_again(self, since: ViewState) -> ViewState:
        """Drop collections that were swapped out and that our late writes brought into being again."""
        now = self._states.load()
        for view in since.standings:
            drop_unless_live(self._database, now, view, since.collection_of(view))
        return now

    def _tidy_once(self, state: ViewState) -> None:
        if not self._is_tidy:
            tidy(self._database, state)
            self._is_tidy = True

    def _collection(self, state: ViewState, view: str) -> Collection[Document]:
        return self._database[state.collection_of(view)]

    # -- reading ---------------------------------------------------------------

    @_served
    def files_of(self, user_id: str) -> FileList:
        """Return the user's current files, oldest first, whether or not the view holds their events yet.

        Raises:
            IntegrityFaultError: an event of theirs is damaged, or the view is not of this ledger.
        """
        stored, since = self._read_since(self._states.load(), FILES, partial(_files_of, user_id))
        self._refuse_stopped(FILES, user_id)
        _refuse_to_be_ahead(since, self._ledger.head())
        ledger_id, position = UserLedger.create_id(user_id), since.position_of(FILES)
        documents = brought_up_to_date(stored, self._files, self._ledger, ledger_id, position)
        return FileList(user_id, tuple(_file(each) for each in documents if each["user_id"] == user_id))

    @_served
    def quota_of(self, user_id: str) -> Quota:
        """Return what the user holds; nothing, when nobody knows the user."""
        key = UserLedger.create_id(user_id).hex
        document = self._read(QUOTAS, lambda quotas: quotas.find_one({"_id": key}))
        self._refuse_stopped(QUOTAS, user_id)
        if document is None:
            return Quota(user_id)
        return Quota(user_id, document["uploads"], document["generated"], document["size_bytes"])

    @_served
    def due_user_ids(self, now: datetime) -> Sequence[str]:
        """Return the users who hold a file whose time is over at `now`, sorted."""
        due = {"expires_at": {"$gte": _DAWN, "$lte": now}}
        documents = self._read(FILES, lambda files: list(files.find(due, {"user_id": True})))
        return sorted({document["user_id"] for document in documents})

    @_served
    def next_expiry(self, *, after: datetime, before: datetime) -> datetime | None:
        """Return when the next file between the two times expires, None when none does."""
        # The embedded server looks at all of a range, though only the first of it is wanted.
        some = {"expires_at": {"$gt": max(after, _DAWN), "$lt": before}}
        return self._read(FILES, partial(_first_to_expire, some))

    @_served
    def running_executions(self) -> Sequence[RunningRow]:
        """Return the executions that started and did not end, oldest first."""
        running = {"started_at": {"$gte": _DAWN, "$lte": _DUSK}}
        documents = self._read(EXECUTIONS, lambda runs: list(runs.find(running).sort("position")))
        return [RunningRow(run["execution_id"], run["user_id"], run["runner"]) for run in documents]

    def _refuse_stopped(self, view: str, user_id: str) -> None:
        """Refuse what was just read if it is out of date: it stands still."""
        state = self._known or self._states.load()
        position = state.standings[view].quarantined.get(UserLedger.create_id(user_id))
        if position is not None:
            msg = (
                f"What can be shown of {user_id} ends before position {position}, where an event is damaged. "
                f"{STOPPED_REMEDY}"
            )
            raise IntegrityFaultError(msg)

    def _read(self, view: str, query: Callable[[Collection[Document]], T]) -> T:
        """Run `query` on a collection that was the live one from beginning to end."""
        return self._read_since(self._known or self._states.load(), view, query)[0]

    def _read_since(
        self, state: ViewState, view: str, query: Callable[[Collection[Document]], T]
    ) -> tuple[T, ViewState]:
        """Do the same, of views that stood at `state` lately; return where they stood before it, too."""
        while True:
            try:
                result = query(self._collection(state, view))
            except OperationFailure:
                # A collection that is dropped takes the open cursors with it.
                newer = self._swapped_since(state, view)
                if newer is None:
                    raise
            else:
                newer = self._swapped_since(state, view)
                if newer is None:
                    return result, state
            state = newer

    def _swapped_since(self, state: ViewState, view: str) -> ViewState | None:
        """Return where the views stand now, None when `view` is where it was, or further.

        It goes back when the embedded server is killed, which loses what it wrote last.
        """
        self._known = now = self._states.load()
        collections = {(each.incarnation, each.collection_of(view)) for each in (state, now)}
        return now if len(collections) > 1 or now.position_of(view) < state.position_of(view) else None

    # -- forgetting ------------------------------------------------------------

    @_served
    def forget(self, ledger_id: UUID, position: int) -> None:
        """Let nothing name the user any more in what follows from a ledger's events before `position`."""
        if self._renew is not None:
            self._renew(f"{ledger_id.hex} {position}")
        self.catch_up()
        forget_owner(self._database, self._states, ledger_id.hex, position)

    # -- rebuilding ------------------------------------------------------------

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
        """Build the views anew from the ledger and swap them in.

        With a user or positions given it only computes and compares, as in a dry run:
        a part of a view cannot take the place of the whole. The digest before is that
        of the same part of the live view, as it is.

        Raises:
            InvalidValueError: there is no such view, or the bounds hold nothing.
            ReplayCancelledError: the watch said so; the next rebuild goes on from there.
        """
        bounds = Bounds(user_id, first, last)
        projections = [projection for projection in self._projections if view in {None, projection.view}]
        if not projections:
            names = ", ".join(projection.view for projection in self._projections)
            msg = f"There is no view {view!r}. The views are: {names}."
            raise InvalidValueError(msg)
        swaps = bounds.hold_everything and not dry_run
        with (
            mongodb_faults("rebuild the views"),
            Rebuild(self._database, self._ledger, projections, bounds, watch, swaps=swaps) as rebuild,
        ):
            return rebuild.run()


def _first_to_expire(some: Document, files: Collection[Document]) -> datetime | None:
    found = files.find(some).sort([("expires_at", ASCENDING)]).limit(1)
    return next((document["expires_at"] for document in found), None)


def _files_of(user_id: str, files: Collection[Document]) -> list[Document]:
    return list(files.find({"user_id": user_id}, batch_size=_FILES_A_REPLY))


def _stopped(ledger_id: UUID, position: int) -> StoppedUser:
    return StoppedUser(None if ledger_id == NOBODY else ledger_id.hex, position)


def _refuse_to_be_ahead(state: ViewState, head: int) -> None:
    if state.furthest > head:
        msg = (
            f"The views hold events up to position {state.furthest}, the ledger ends at {head}: it was cut "
            "or restored, or MONGODB_URI names the database of another data folder. Run `fileledger verify`; "
            "if this is the ledger that you want, run `fileledger replay`."
        )
        raise LedgerCutError(msg)


def _file(document: dict[str, Any]) -> LedgerFile:
    return LedgerFile(
        file_id=document["file_id"],
        filename=document["filename"],
        extension=document["extension"],
        file_type=document["file_type"],
        size_bytes=document["file_size"],
        sha256=document["sha256"],
        uploaded_at=document["uploaded_at"],
        expires_at=document["expires_at"],
        origin=document["origin"],
    )
