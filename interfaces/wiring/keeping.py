"""What keeps a process in order: recovery, followers, expiry, health."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread

import structlog

from application import forget, purge
from application.backup import BackUp
from application.expire import ExpireFiles
from application.export import Export, ExportUser
from application.forget import EraseUsers, ForgetUser
from application.holds import Holds
from application.import_user import Import, ImportUser
from application.ledgers import By
from application.operators import ReadStatus, Status
from application.ports.lease import Lease
from application.ports.sandbox import Check
from application.ports.views import describe_stopped
from application.purge import PurgeRemovedFiles
from application.startup import Recover
from application.verify import VerifyReport
from application.watch import Positions, Watch
from domain.errors import EnvironmentFaultError, FileLedgerError, IntegrityFaultError, LedgerCutError
from infrastructure.archives.zip_archive import ZipArchives
from infrastructure.backup import DataFolderCopier
from infrastructure.files import copy_out, discard_unfinished, free_bytes, os_errors
from infrastructure.journal.journal import JOURNAL
from infrastructure.ledger.following import Follower
from infrastructure.scheduling.expiry import ExpiryTimer
from interfaces.wiring.auditing import Auditing
from migrations.runner import MigrationStatus, apply_migrations, migration_status

log = structlog.get_logger()


class Wiring(Auditing):
    """Every use case over the adapters that the settings ask for."""

    @cached_property
    def expire(self) -> ExpireFiles:
        """Record the expiries that are due."""
        return ExpireFiles(self.ledgers, self.views)

    @cached_property
    def purge(self) -> PurgeRemovedFiles:
        """Let the disk go of removed files."""
        at_work = partial(self.store.turn, purge.POLICY)
        return PurgeRemovedFiles(self.store, self.ledgers, self.blobs, at_work)

    @cached_property
    def erase(self) -> EraseUsers:
        """Carry out erasures."""
        return EraseUsers(self.store, self.ledgers, self.blobs, self.conversations, lambda: self.views)

    @cached_property
    def forget(self) -> ForgetUser:
        """Erase a user."""
        return ForgetUser(self.store, self.ledgers, self.erase)

    @cached_property
    def holds(self) -> Holds:
        """Place and release legal holds."""
        return Holds(self.store, self.ledgers)

    @cached_property
    def export(self) -> ExportUser:
        """Write everything of a user to an archive, a file that can be sought in."""
        return ExportUser(self.store, self.blobs, self.conversations, ZipArchives(), self.clock)

    def export_copy(self, user_id: str, target: Path) -> tuple[Export, Path]:
        """Write a user's archive to a path, or into a folder, there never over another file."""
        with os_errors("write the archive"), TemporaryFile() as scratch:
            exported = self.export(user_id, scratch)
            scratch.seek(0)
            return exported, copy_out(scratch, target, f"fileledger-{user_id}.zip")

    @cached_property
    def import_user(self) -> ImportUser:
        """Take in a user's archive."""
        return ImportUser(self.store, self.ledgers, self.blobs, self.conversations, ZipArchives())

    def import_file(self, path: Path, by: By) -> Import:
        """Take in the archive in a file."""
        with os_errors("read the archive"), path.open("rb") as source:
            return self.import_user(source, by)

    @cached_property
    def recover(self) -> Recover:
        """Finish what dead processes left."""
        return Recover(
            self.store, self.ledgers, self.views, self.blobs, self.runners, self.expire, self.purge
        )

    @cached_property
    def lease(self) -> Lease:
        """Of the bots on this ledger one is at work; the others stand by."""
        lease = self.store.lease("bot")
        self._stack.callback(lease.release)
        return lease

    def start(self) -> None:
        """Finish what dead processes left, then keep views, disk and expiry up to date by themselves."""
        self._is_short_lived = False
        self.serve_metrics()
        if self.has_model:  # its client takes long to import, which the server of the views may use to start
            log.info("the model answers", model=self.model.name)
        self.sandbox.warm()  # that too, beside it
        self.begin()  # one user's damaged ledger must not keep the house shut for everybody
        timer = ExpiryTimer(self.expire, self.expire.next_due)

        def project() -> int:
            position = self._project()
            timer.reschedule()
            return position

        for follower in (
            Follower("journal", self.store, self.journal.catch_up),
            Follower("views", self.store, project),
            Follower("purge", self.store, self.purge.catch_up),
            Follower("erasure", self.store, self.erase.catch_up),
        ):
            follower.start()
            self._in_office.callback(follower.close)
        timer.start()
        self._in_office.callback(timer.close)
        self._sweep_meanwhile()
        self._is_standing_by = False

    def stand_by(self) -> None:
        """Let whoever watches see that there is a process that would take over."""
        self._is_standing_by = True
        try:
            self.serve_metrics()
        except (
            EnvironmentFaultError
        ) as error:  # the bot at work may have the port; it is free when it is gone
            log.warning(str(error))

    def _sweep_meanwhile(self) -> None:
        """Sweep everybody's folders: of many files that takes longer than people wait for a start."""
        over = Event()
        sweeper = Thread(target=_try, args=[partial(self.sweep, over.is_set)], name="sweep")
        sweeper.start()
        self._in_office.callback(sweeper.join)
        self._in_office.callback(over.set)

    def sweep(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Remove what killed processes left of everybody's files, words and notes, until `is_over`."""
        with os_errors("sweep what killed processes left"):
            for pattern in ("conversations/*/", "chat/*/", "sandbox", "sandbox/fonts"):
                for folder in self.data_dir.glob(pattern):
                    discard_unfinished(folder)
        self.recover.sweep(is_over=is_over)

    def close(self) -> None:
        """Stop what runs in the background, then close what it needed."""
        self.stand_down()
        super().close()

    def stand_down(self) -> None:
        """Leave to others what `start` began; it can be started again."""
        self._in_office.close()
        self._is_standing_by = True

    def serve_metrics(self) -> None:
        """Serve readings at METRICS_PORT, if there is one, until the process ends; again changes nothing.

        Raises:
            EnvironmentFaultError: the port is taken.
        """
        if self.settings.metrics_port is not None and not self._serves_metrics:
            from infrastructure.metrics.prometheus import serve  # noqa: PLC0415 - few commands need it

            _, stop = serve(self.watch, self.settings.metrics_port)
            self._stack.callback(stop)
            self._serves_metrics = True

    @cached_property
    def _in_office(self) -> ExitStack:
        return ExitStack()

    @cached_property
    def watch(self) -> Watch:
        """Take the readings that operators watch."""
        policies = (purge.POLICY, forget.POLICY, JOURNAL)
        followers: dict[str, Positions] = {
            "views": self._view_positions,
            "policies": lambda: {name: self.store.policy_position(name) for name in policies},
        }
        free = partial(free_bytes, self.data_dir)
        return Watch(
            self.store,
            self.clock,
            followers,
            lambda: len(self.queue),
            free,
            self._stopped_users,
            lambda: self._is_standing_by,
        )

    def _stopped_users(self) -> int:
        return len(self.views.stopped())

    def _view_positions(self) -> Mapping[str, int]:
        return self.views.positions()

    def metrics(self) -> bytes:
        """Return the readings of now as Prometheus reads them."""
        from infrastructure.metrics.prometheus import exposition  # noqa: PLC0415 - few commands need it

        return exposition(self.watch)

    def begin(self, user_id: str | None = None) -> None:
        """Do for a short command what `start` does for a long-lived process, once.

        Of the folders of files only that of `user_id` is swept: what a command can afford.
        """
        self.store.head()  # a ledger that cannot be read is an error, not something to put off
        self.witness_now()  # one that was cut is, too: to it, the bytes of what it lost are nobody's
        _try(self._discard_unfinished)
        _try(self.erase.catch_up)
        _try(self._finish)
        if user_id is not None:
            _try(lambda: self.recover.sweep(user_id))

    def _finish(self) -> None:
        self.recover()  # in here: without the views' server it cannot even be made

    def _discard_unfinished(self) -> None:
        with os_errors("discard what killed processes left"):
            journals = (self.data_dir / "journal", self.data_dir / "journal.renewing")
            for folder in (self.keys_dir, *journals, self._checkpoint_folder):
                discard_unfinished(folder)

    def settle(self) -> None:
        """Bring journal, views and disk up to what was just recorded."""
        self.witness_now()
        _try(self.purge.catch_up)
        _try(self._project)

    def witness_now(self) -> None:
        """Bring the journal alone up to what was just recorded."""
        _try(self.journal.catch_up)

    def _project(self) -> int:
        return self.views.catch_up()

    @cached_property
    def status(self) -> ReadStatus:
        """Tell an operator how the program does."""
        return ReadStatus(self.operators, self._status)

    def _status(self) -> Status:
        viewed = self.views.position()  # before anything brings the views up to date
        return Status(
            self.store.head(), viewed, len(self.queue), free_bytes(self.data_dir), tuple(self.checks())
        )

    def checks(self) -> Sequence[Check]:
        """Tell what works here."""
        return [
            attempt("ledger", self._check_ledger),
            attempt("journal", lambda: f"witnesses the ledger up to position {self.journal.catch_up()}"),
            attempt("blobs", self.blobs.check),
            attempt("mongodb", self._check_views),
            *self._check_sandbox(),
            replace(self.model.check(), optional=True),
        ]

    def _check_ledger(self) -> str:
        return f"{self.store.head()} events, append-only and chained, in {self.store.place}"

    def _check_sandbox(self) -> Sequence[Check]:
        try:
            return [*self.sandbox.checks(), self.packages.check()]
        except EnvironmentFaultError as error:
            return [Check("sandbox", ok=False, detail=str(error))]

    def _check_views(self) -> str:
        where = "MONGODB_URI" if self.settings.mongodb_uri else "the embedded server"
        followed = f"views at position {self.views.catch_up()}, on {where}"
        if stopped := self.views.stopped():
            msg = f"{followed}; {describe_stopped(stopped)}"
            raise IntegrityFaultError(msg)
        return followed

    @cached_property
    def back_up(self) -> BackUp:
        """Make a proven copy of the data folder."""
        return BackUp(DataFolderCopier(self.data_dir, self.blobs, self.journal), self._prove)

    def _prove(self, folder: Path) -> VerifyReport:
        changes = {"fileledger_data_dir": folder.absolute(), "blob_url": None, "ledger_url": None}
        with Wiring(self.settings.model_copy(update=changes), keys=self.keys_dir) as copy:
            if self.store.head():
                copy.restore(folder / "journal")
                copy.journal.catch_up()
            return copy.verify()

    def migrations(self, *, apply: bool) -> Sequence[MigrationStatus]:
        """Return every migration of the views with its state; `apply` those that are pending first."""
        if apply:
            apply_migrations(self._database)
        return migration_status(self._database)


def _try(step: Callable[[], object]) -> None:
    """Do a step that may wait: what it brings up to date catches up at the next start.

    Nothing acknowledged depends on it, so a server that is gone stops no command.
    """
    try:
        step()
    except LedgerCutError:
        raise
    except FileLedgerError as error:
        log.warning("not everything is up to date; the next start catches up", error=str(error))


def attempt(name: str, check: Callable[[], str]) -> Check:
    """Return a check that passes with what `check` says, or fails with the error it raises."""
    try:
        return Check(name, ok=True, detail=check())
    except FileLedgerError as error:
        return Check(name, ok=False, detail=str(error))
