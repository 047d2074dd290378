"""The composition root: the only place that builds adapters and hands them to use cases.

Every part is made at its first use, so that an audit starts neither MongoDB nor
the sandbox, and is closed in `close`, the last made first.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Self

import structlog
from pymongo.database import Database

from application.ask import Ask
from application.audit import ExplainFile, ReadHistory, ReadPastFiles
from application.chat import WAITING_QUESTIONS, Chat
from application.checkpoints import Checkpoints, CheckpointWitness
from application.compare import CompareFiles
from application.executions import ReadExecution
from application.expire import ExpireFiles
from application.files import DeleteFile, ListFiles, OpenFile
from application.ledgers import Ledgers
from application.model import LanguageModel
from application.operators import AuditUser, Operators, ReadStatus, Status
from application.policy import UsagePolicy
from application.ports.checkpoints import Note
from application.ports.sandbox import Check
from application.prove import Prove
from application.provenance import TraceFile
from application.purge import PurgeRemovedFiles
from application.rate_limits import RateLimits
from application.replay import ReplayLedger
from application.run_code import RunCode
from application.run_queue import RunQueue
from application.spending import Accounts, ReadSpending
from application.startup import Recover
from application.stops import Stops
from application.upload import UploadFile
from application.verify import VerifyLedger
from domain.errors import EnvironmentFaultError, FileLedgerError, LedgerCutError
from domain.files import LedgerFile, blob_name
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.checkpoints.folder import FolderNoteKeeper, read_note
from infrastructure.checkpoints.notes import KeyFileNotary, VerifierKey
from infrastructure.clock import RandomIds, SystemClock
from infrastructure.conversations.sealed_folder import SealedConversations
from infrastructure.files import copy_out, free_bytes
from infrastructure.journal.journal import FolderJournal
from infrastructure.journal.restoring import JournalRestorer
from infrastructure.ledger.following import Follower
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.model.factory import create_model
from infrastructure.runners import RunnerLocks
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.capacity import runs_at_once
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.packages.factory import create_library
from infrastructure.sandbox.packages.library import PackageLibrary
from infrastructure.scheduling.expiry import ExpiryTimer
from infrastructure.settings import Settings, load_settings
from infrastructure.views.client import Document, connect
from infrastructure.views.embedded import EmbeddedServer
from infrastructure.views.mongo_views import MongoViews
from migrations.runner import MigrationStatus, apply_migrations, migration_status

TURNS_AT_ONCE = 64
"""Conversations with the model at once: it is the provider that works, not this machine."""

PROJECT = Path(__file__).resolve().parent.parent

EMBEDDED_TIMEOUT_MS = 2_000  # it is on this machine: what does not answer by then is gone and is revived

log = structlog.get_logger()


class Wiring:
    """Every use case over the adapters that the settings ask for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = settings.fileledger_data_dir
        self.clock = SystemClock()
        self._ids = RandomIds()
        self._stack = ExitStack()
        self._is_short_lived = True

    @classmethod
    def load(cls, data_dir: Path | None = None) -> Self:
        """Return the wiring that environment and `.env` ask for.

        Raises:
            InvalidValueError: a setting is bad.
        """
        return cls(load_settings(data_dir))

    def __enter__(self) -> Self:
        """Use the wiring as a context, closed at its end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything that was made."""
        self.close()

    def close(self) -> None:
        """Stop what runs in the background and close what was opened, last first."""
        self._stack.close()

    # -- parts ---------------------------------------------------------------

    @cached_property
    def policy(self) -> UsagePolicy:
        """The operator's limits and times."""
        settings = self.settings
        return UsagePolicy(
            limits=settings.limits,
            expiration_hours=settings.file_expiration_hours,
            execution_timeout_s=settings.code_execution_timeout,
        )

    @cached_property
    def conversations(self) -> SealedConversations:
        """What was said, for a while."""
        return SealedConversations(self.data_dir / "conversations", self._keys)

    @cached_property
    def stops(self) -> Stops:
        """What goes on and can be stopped."""
        return Stops(self._ids, self.settings.admin_user_ids)

    @cached_property
    def store(self) -> SQLiteLedgerStore:
        """The ledger."""
        store = SQLiteLedgerStore(self._ledger_file, self._keys)
        self._stack.callback(store.close)
        return store

    @property
    def _ledger_file(self) -> Path:
        return self.data_dir / "ledger" / "ledger.db"

    @cached_property
    def _keys(self) -> KeyFolder:
        return KeyFolder(self.data_dir / "keys")

    @cached_property
    def journal(self) -> FolderJournal:
        """The stored events once more, in files."""
        return FolderJournal(self.data_dir / "journal", self.store, self.clock)

    @property
    def _checkpoint_folder(self) -> Path:
        return self.data_dir / "checkpoints"

    @cached_property
    def _notes(self) -> FolderNoteKeeper:
        return FolderNoteKeeper(self._checkpoint_folder)

    def _notary(self, verifier_keys: Sequence[str] = ()) -> KeyFileNotary:
        folder = self._checkpoint_folder
        key_file = self.settings.checkpoint_key_file or folder / "signing.key"
        trusted = [VerifierKey.parse(key) for key in verifier_keys]
        return KeyFileNotary(key_file, folder / "verifier.key", trusted)

    @cached_property
    def ledgers(self) -> Ledgers:
        """Decisions on users' ledgers."""
        return Ledgers(self.store, self.clock)

    @cached_property
    def blobs(self) -> FolderBlobStore:
        """Files' bytes."""
        return FolderBlobStore(self.data_dir / "user_files")

    @cached_property
    def runners(self) -> RunnerLocks:
        """This process among those that run code."""
        runners = RunnerLocks(self.data_dir / "runners")
        self._stack.callback(runners.close)
        return runners

    @cached_property
    def _database(self) -> Database[Document]:
        """MongoDB: the server of MONGODB_URI, or else the embedded one."""
        if (uri := self.settings.mongodb_uri) is not None:
            database = connect(uri.get_secret_value())
        else:
            database = connect(self._stack.enter_context(self._embedded), timeout_ms=EMBEDDED_TIMEOUT_MS)
        self._stack.callback(database.client.close)
        return database

    @cached_property
    def _embedded(self) -> EmbeddedServer:
        return EmbeddedServer(self.data_dir / "mongodb", PROJECT / ".venv-mongodb" / "bin" / "python")

    @cached_property
    def views(self) -> MongoViews:
        """The projections."""
        revive = None if self.settings.mongodb_uri else self._revive
        apply_migrations(self._database)
        return MongoViews(self._database, self.store, self.blobs.locate, revive)

    def _revive(self) -> None:
        self._embedded.start()
        apply_migrations(self._database)

    @cached_property
    def _sandbox_config(self) -> SandboxConfig:
        config = SandboxConfig(
            python=PROJECT / ".venv-sandbox" / "bin" / "python",
            state_folder=self.data_dir / "sandbox",
            memory_mb=self.settings.sandbox_memory_mb,
        )
        return replace(config, spares=0) if self._is_short_lived else config

    @cached_property
    def sandbox(self) -> BubblewrapSandbox:
        """Where code runs."""
        sandbox = BubblewrapSandbox(self._sandbox_config, self.packages)
        self._stack.callback(sandbox.close)
        return sandbox

    @cached_property
    def packages(self) -> PackageLibrary:
        """What runs get for imports that the code environment lacks."""
        return create_library(
            self.settings,
            self._sandbox_config,
            self.data_dir / "packages",
            PROJECT / ".tools" / "bin" / "uv",
            self.clock,
            lives_long=not self._is_short_lived,
        )

    @cached_property
    def queue(self) -> RunQueue:
        """The turns of this process's runs."""
        queue = RunQueue(self.settings.sandbox_max_runs or runs_at_once(self._sandbox_config))
        self._stack.callback(queue.close)
        return queue

    @cached_property
    def model(self) -> LanguageModel:
        """The language model, or one that says that none is set up."""
        key = self.settings.openai_api_key
        model = create_model(
            key.get_secret_value() if key else None, self.settings.openai_base_url, self.settings.openai_model
        )
        self._stack.callback(model.close)
        return model

    @property
    def has_model(self) -> bool:
        """Whether the settings name one."""
        return bool(self.settings.openai_api_key or self.settings.openai_base_url)

    # -- use cases -----------------------------------------------------------

    @cached_property
    def upload(self) -> UploadFile:
        """Keep and record a file."""
        return UploadFile(self.ledgers, self.blobs, self._ids, self.policy)

    @cached_property
    def run_code(self) -> RunCode:
        """Run Python for a user."""
        return RunCode(
            self.ledgers, self.blobs, self.sandbox, self._ids, self.runners, self.policy, self.queue
        )

    @cached_property
    def ask(self) -> Ask:
        """Have a turn with the model."""
        return Ask(self.model, self.run_code, self.list_files, self.clock)

    @cached_property
    def chat(self) -> Chat:
        """Go on with a conversation with the model."""
        turns = RunQueue(TURNS_AT_ONCE, WAITING_QUESTIONS, "questions")
        self._stack.callback(turns.close)
        hours = self.settings.conversation_hours
        return Chat(self.ask, self.conversations, self._accounts, turns, self.clock, hours)

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self.ledgers, self.settings.model_prices, self.settings.daily_token_limit_per_user)

    @cached_property
    def spending(self) -> ReadSpending:
        """What users spent on the model."""
        return ReadSpending(self.store)

    @cached_property
    def past_execution(self) -> ReadExecution:
        """Look back at a run."""
        return ReadExecution(self.store)

    @cached_property
    def list_files(self) -> ListFiles:
        """List a user's current files."""
        return ListFiles(self.views, self.clock, self.policy)

    @cached_property
    def open_file(self) -> OpenFile:
        """Get a file's bytes back."""
        return OpenFile(self.ledgers, self.blobs)

    @cached_property
    def delete_file(self) -> DeleteFile:
        """Remove a file."""
        return DeleteFile(self.ledgers)

    @cached_property
    def expire(self) -> ExpireFiles:
        """Record the expiries that are due."""
        return ExpireFiles(self.ledgers, self.views)

    @cached_property
    def purge(self) -> PurgeRemovedFiles:
        """Let the disk go of removed files."""
        return PurgeRemovedFiles(self.store, self.ledgers, self.blobs)

    @cached_property
    def recover(self) -> Recover:
        """Finish what dead processes left."""
        return Recover(
            self.store, self.ledgers, self.views, self.blobs, self.runners, self.expire, self.purge
        )

    @cached_property
    def history(self) -> ReadHistory:
        """Read the audit trail."""
        return ReadHistory(self.store)

    @cached_property
    def operators(self) -> Operators:
        """Who may look after others."""
        return Operators(self.settings.admin_user_ids)

    @cached_property
    def audit(self) -> AuditUser:
        """Read another user's history, which is recorded there."""
        return AuditUser(self.operators, self.history, self.ledgers)

    @cached_property
    def status(self) -> ReadStatus:
        """Tell an operator how the program does."""
        return ReadStatus(self.operators, self._status)

    def _status(self) -> Status:
        viewed = self.views.position()  # before anything brings the views up to date
        return Status(
            self.store.head(), viewed, len(self.queue), free_bytes(self.data_dir), tuple(self.checks())
        )

    @cached_property
    def rate_limits(self) -> RateLimits:
        """How often one user may ask."""
        return RateLimits(self.clock, self.settings.rates)

    @cached_property
    def past_files(self) -> ReadPastFiles:
        """Read the list as it was."""
        return ReadPastFiles(self.store, self.policy)

    @cached_property
    def why(self) -> ExplainFile:
        """Explain why a file is there or gone."""
        return ExplainFile(self.store)

    @cached_property
    def compare(self) -> CompareFiles:
        """Compare two past lists."""
        return CompareFiles(self.past_files)

    @cached_property
    def trace(self) -> TraceFile:
        """Follow a file's bytes through runs."""
        return TraceFile(self.store)

    @cached_property
    def replay(self) -> ReplayLedger:
        """Rebuild the views."""
        return ReplayLedger(self.store, self.views)

    @cached_property
    def verify(self) -> VerifyLedger:
        """Check that what is stored is what was written."""
        kept = self._checkpoint_witness(self._notes.notes, self._notary())
        return VerifyLedger(self.store, self.blobs, [self.journal, kept])

    def witness(self, checkpoints: Sequence[Path], verifier_keys: Sequence[str] = ()) -> CheckpointWitness:
        """Return what checkpoints that were kept elsewhere say, checked with `verifier_keys` if given.

        Raises:
            InvalidValueError, EnvironmentFaultError: a file or key cannot be used.
        """
        notes = [read_note(path) for path in checkpoints]
        return self._checkpoint_witness(lambda: notes, self._notary(verifier_keys))

    def _checkpoint_witness(
        self, notes: Callable[[], Sequence[Note]], notary: KeyFileNotary
    ) -> CheckpointWitness:
        sources = {"database": self.store.digests, "journal": self.journal.digests}
        return CheckpointWitness(notes, notary, sources)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Sign what the ledger holds."""
        return Checkpoints(self.journal, self._notes, self._notary(), self.clock)

    @cached_property
    def prove(self) -> Prove:
        """Prove by checkpoints that an event is in the ledger, or that one goes on from the other."""
        return Prove(self.journal, self.checkpoints)

    @cached_property
    def restore(self) -> JournalRestorer:
        """Build the ledger from a journal."""
        return JournalRestorer(self._ledger_file, self.data_dir / "journal", self._keys)

    # -- a process's life ----------------------------------------------------

    def start(self) -> None:
        """Finish what dead processes left, then keep views, disk and expiry up to date by themselves."""
        self._is_short_lived = False
        self.begin()  # one user's damaged ledger must not keep the house shut for everybody
        self.sandbox.warm()
        if self.has_model:
            log.info("the model answers", model=self.model.name)
        timer = ExpiryTimer(self.expire, self.expire.next_due)

        def project() -> int:
            position = self._project()
            timer.reschedule()
            return position

        for follower in (
            Follower("journal", self.store, self.journal.catch_up),
            Follower("views", self.store, project),
            Follower("purge", self.store, self.purge.catch_up),
        ):
            follower.start()
            self._stack.callback(follower.close)
        timer.start()
        self._stack.callback(timer.close)

    def begin(self, user_id: str | None = None) -> None:
        """Do for a short command what `start` does for a long-lived process, once."""
        self.store.head()  # a ledger that cannot be read is an error, not something to put off
        _try(lambda: self.recover(user_id))

    def settle(self) -> None:
        """Bring journal, views and disk up to what was just recorded."""
        _try(self.journal.catch_up)
        _try(self.purge.catch_up)
        _try(self._project)

    def _project(self) -> int:
        return self.views.catch_up()

    # -- help for interfaces -------------------------------------------------

    def locate(self, user_id: str, file: LedgerFile) -> str:
        """Return where a file's bytes are."""
        return self.blobs.locate(user_id, blob_name(file.file_id, file.extension))

    def save_copy(self, user_id: str, file_id: str, target: Path) -> tuple[LedgerFile, Path]:
        """Copy a user's file to a path; into a folder under its own name, there never over another file.

        Raises:
            NoSuchFileError: the user has no such file.
            EnvironmentFaultError: the target cannot be written.
        """
        file, content = self.open_file(user_id, file_id)
        with content:
            return file, copy_out(content, target, file.filename)

    def save_note(self, note: Note, target: Path) -> Path:
        """Copy a checkpoint's note to a path, or into a folder under its own name; return where it went."""
        return copy_out(BytesIO(note.text.encode()), target, Path(note.where).name)

    def checks(self) -> Sequence[Check]:
        """Tell what works here."""
        return [
            attempt("ledger", self._check_ledger),
            attempt("journal", lambda: f"witnesses the ledger up to position {self.journal.catch_up()}"),
            attempt("mongodb", self._check_views),
            *self._check_sandbox(),
            replace(self.model.check(), optional=True),
        ]

    def _check_ledger(self) -> str:
        return f"{self.store.head()} events in {self.data_dir / 'ledger'}, append-only and chained"

    def _check_sandbox(self) -> Sequence[Check]:
        try:
            return [*self.sandbox.checks(), self.packages.check()]
        except EnvironmentFaultError as error:
            return [Check("sandbox", ok=False, detail=str(error))]

    def _check_views(self) -> str:
        where = "MONGODB_URI" if self.settings.mongodb_uri else "the embedded server"
        return f"views at position {self.views.catch_up()}, on {where}"

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
