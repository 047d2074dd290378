"""The adapters that the settings ask for."""

from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

from pymongo.database import Database
from pymongo.errors import ConnectionFailure

from application.ledgers import Ledgers
from application.model import LanguageModel
from application.policy import UsagePolicy
from application.ports.blobs import BlobStore
from application.run_queue import RunQueue
from domain.errors import FileLedgerError
from infrastructure.blobs.factory import create_blob_store
from infrastructure.clock import RandomIds, SystemClock
from infrastructure.conversations.sealed_folder import SealedConversations
from infrastructure.ledger.factory import create_ledger
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import DatabaseLedgerStore
from infrastructure.model.factory import create_model
from infrastructure.notebook_folder import FolderNotebook
from infrastructure.runners import RunnerLocks
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.capacity import runs_at_once
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.packages.factory import create_library
from infrastructure.sandbox.packages.library import PackageLibrary
from infrastructure.settings import Settings, load_settings
from infrastructure.views.client import Document, connect
from infrastructure.views.embedded import EmbeddedServer
from infrastructure.views.mongo_views import MongoViews
from migrations.runner import apply_migrations

PROJECT = Path(__file__).resolve().parent.parent.parent

RECONNECTING_ATTEMPTS = 5
EMBEDDED_TIMEOUT_MS = 2_000  # it is on this machine: what does not answer by then is gone and is revived


class Parts:
    """The adapters that the settings ask for."""

    def __init__(self, settings: Settings, keys: Path | None = None) -> None:
        """`keys`: the folder of the users' keys when it is not in the data folder."""
        self.settings = settings
        self.data_dir = settings.fileledger_data_dir
        self.keys_dir = keys or self.data_dir / "keys"
        self.clock = SystemClock()
        self._ids = RandomIds()
        self._stack = ExitStack()
        self._is_short_lived = True
        self._serves_metrics = False
        self._is_standing_by: bool | None = None

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
    def store(self) -> DatabaseLedgerStore:
        """The ledger."""
        store = create_ledger(self._ledger_url, self._ledger_file, self._keys)
        self._stack.callback(store.close)
        return store

    @property
    def _ledger_url(self) -> str | None:
        url = self.settings.ledger_url
        return url.get_secret_value() if url else None

    @property
    def _ledger_file(self) -> Path:
        return self.data_dir / "ledger" / "ledger.db"

    @cached_property
    def _keys(self) -> KeyFolder:
        return KeyFolder(self.keys_dir)

    @cached_property
    def ledgers(self) -> Ledgers:
        """Decisions on users' ledgers."""
        return Ledgers(self.store, self.clock)

    @cached_property
    def blobs(self) -> BlobStore:
        """Files' bytes."""
        return create_blob_store(self.settings, self.data_dir, self.clock)

    @cached_property
    def runners(self) -> RunnerLocks:
        """This process among those that run code."""
        runners = RunnerLocks(self.data_dir / "runners")
        self._stack.callback(runners.close)
        return runners

    def notebook(self, name: str) -> FolderNotebook:
        """Return small notes for the process that comes after this one."""
        return FolderNotebook(self.data_dir / "chat" / name)

    @cached_property
    def conversations(self) -> SealedConversations:
        """What was said, for a while."""
        return SealedConversations(self.data_dir / "conversations", self._keys)

    @cached_property
    def _database(self) -> Database[Document]:
        """MongoDB: the server of MONGODB_URI, or else the embedded one."""
        if (uri := self.settings.mongodb_uri) is not None:
            database = connect(uri.get_secret_value())
        else:
            database = connect(self._stack.enter_context(self._embedded), timeout_ms=EMBEDDED_TIMEOUT_MS)
        self._stack.callback(database.client.close)
        return database

    def hasten(self) -> None:
        """Begin what takes a start longest, for who has other things to do before it is needed.

        What keeps it from working is told when it is needed.
        """
        if self.settings.mongodb_uri is None:
            self._stack.callback(self._embedded.close)
            with suppress(FileLedgerError):
                self._embedded.launch()

    @cached_property
    def _embedded(self) -> EmbeddedServer:
        return EmbeddedServer(self.data_dir / "mongodb", PROJECT / ".venv-mongodb" / "bin" / "python")

    @cached_property
    def views(self) -> MongoViews:
        """The projections."""
        apply_migrations(self._database)
        if self.settings.mongodb_uri is not None:
            return MongoViews(self._database, self.store, self.blobs.locate)
        return MongoViews(self._database, self.store, self.blobs.locate, self._revive, renew=self._renew)

    def _revive(self) -> None:
        self._embedded.start()
        apply_migrations(self._database)

    def _renew(self, occasion: str) -> None:
        self._embedded.renew(occasion)
        for _ in range(RECONNECTING_ATTEMPTS):
            with suppress(ConnectionFailure):  # its connections are cut, and it finds that out by using them
                self._database.client.admin.command("ping")
                break
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
