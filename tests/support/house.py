"""The use cases over real ledger, keys and blobs in a folder, with a clock that the test turns."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from application.checkpoints import Checkpoints, CheckpointWitness
from application.expire import ExpireFiles
from application.export import ExportUser
from application.files import DeleteFile, ListFiles, OpenFile
from application.forget import EraseUsers, ForgetUser
from application.holds import Holds
from application.import_user import ImportUser
from application.ledgers import Ledgers
from application.policy import UsagePolicy
from application.ports.clock import Ids
from application.ports.views import Views
from application.purge import PurgeRemovedFiles
from application.run_queue import RunQueue
from application.startup import Recover
from application.upload import Receipt, UploadFile
from application.verify import VerifyLedger
from domain.retention import Limits
from infrastructure.archives.zip_archive import ZipArchives
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.checkpoints.folder import FolderNoteKeeper
from infrastructure.checkpoints.notes import KeyFileNotary
from infrastructure.clock import RandomIds
from infrastructure.conversations.sealed_folder import SealedConversations
from infrastructure.journal.journal import FolderJournal
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.locks import locked
from infrastructure.runners import RunnerLocks
from tests.support.naive_views import NaiveViews


@dataclass
class TurnedClock:
    """A clock that stands still until it is turned."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at

    def turn(self, seconds: float) -> None:
        """Move it on."""
        self.at += timedelta(seconds=seconds)


@dataclass
class House:
    """Everything but MongoDB, sandbox and model."""

    folder: Path
    policy: UsagePolicy = field(default_factory=lambda: UsagePolicy(limits=Limits(max_files=3)))
    clock: TurnedClock = field(default_factory=TurnedClock)
    ids: Ids = field(default_factory=RandomIds)

    @cached_property
    def store(self) -> SQLiteLedgerStore:
        """A real ledger."""
        return SQLiteLedgerStore(self.folder / "ledger" / "ledger.db", self.keys)

    @cached_property
    def keys(self) -> KeyFolder:
        """Real keys."""
        return KeyFolder(self.folder / "keys")

    @cached_property
    def blobs(self) -> FolderBlobStore:
        """Real files."""
        return FolderBlobStore(self.folder / "user_files")

    @cached_property
    def ledgers(self) -> Ledgers:
        """Decisions."""
        return Ledgers(self.store, self.clock)

    @cached_property
    def views(self) -> Views:
        """Naive views."""
        return NaiveViews(self.store)

    @cached_property
    def runners(self) -> RunnerLocks:
        """This process."""
        return RunnerLocks(self.folder / "runners")

    @cached_property
    def queue(self) -> RunQueue:
        """Turns of two runs at once."""
        return RunQueue(2)

    @cached_property
    def upload_file(self) -> UploadFile:
        """The use case of uploads."""
        return UploadFile(self.ledgers, self.blobs, self.ids, self.policy)

    @cached_property
    def open_file(self) -> OpenFile:
        """The use case of downloads."""
        return OpenFile(self.ledgers, self.blobs)

    @cached_property
    def delete_file(self) -> DeleteFile:
        """The use case of deletions."""
        return DeleteFile(self.ledgers)

    @cached_property
    def list_files(self) -> ListFiles:
        """The use case of lists."""
        return ListFiles(self.views, self.store, self.clock, self.policy)

    @cached_property
    def expire(self) -> ExpireFiles:
        """The use case of expiry."""
        return ExpireFiles(self.ledgers, self.views)

    @cached_property
    def purge(self) -> PurgeRemovedFiles:
        """The purge policy."""
        at_work = partial(locked, self.folder / "purge.lock")
        return PurgeRemovedFiles(self.store, self.ledgers, self.blobs, at_work)

    @cached_property
    def conversations(self) -> SealedConversations:
        """Real conversations, sealed."""
        return SealedConversations(self.folder / "conversations", self.keys)

    @cached_property
    def erase(self) -> EraseUsers:
        """The erasure policy."""
        return EraseUsers(self.store, self.ledgers, self.blobs, self.conversations, lambda: self.views)

    @cached_property
    def forget(self) -> ForgetUser:
        """The use case of erasure."""
        return ForgetUser(self.store, self.ledgers, self.erase)

    @cached_property
    def holds(self) -> Holds:
        """The use cases of holds."""
        return Holds(self.store, self.ledgers)

    @cached_property
    def export(self) -> ExportUser:
        """The use case of exports."""
        return ExportUser(self.store, self.blobs, self.conversations, ZipArchives(), self.clock)

    @cached_property
    def import_user(self) -> ImportUser:
        """The use case of imports."""
        return ImportUser(self.store, self.ledgers, self.blobs, self.conversations, ZipArchives())

    @cached_property
    def recover(self) -> Recover:
        """What a start does."""
        return Recover(
            self.store, self.ledgers, self.views, self.blobs, self.runners, self.expire, self.purge
        )

    @cached_property
    def journal(self) -> FolderJournal:
        """A real journal, in small segments."""
        return FolderJournal(self.folder / "journal", self.store, self.clock, segment_bytes=4000)

    @cached_property
    def notes(self) -> FolderNoteKeeper:
        """Where checkpoints are kept."""
        return FolderNoteKeeper(self.folder / "checkpoints")

    @cached_property
    def notary(self) -> KeyFileNotary:
        """The operator's key."""
        return KeyFileNotary(self.folder / "operator" / "signing.key", self.folder / "verifier.key")

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Checkpoints over the journal."""
        return Checkpoints(self.journal, self.notes, self.notary, self.clock)

    @cached_property
    def verify(self) -> VerifyLedger:
        """The check of everything."""
        sources = {"database": self.store.digests, "journal": self.journal.digests}
        kept = CheckpointWitness(self.notes.notes, self.notary, sources)
        return VerifyLedger(self.store, self.blobs, [self.journal, kept])

    def upload(
        self, name: str, content: bytes = b"a,b\n1,2\n", user_id: str = "alice", source: str = ""
    ) -> Receipt:
        """Upload a small file."""
        return self.upload_file(user_id, name, [content], source=source or f"test:{name}")

    def on_disk(self) -> set[str]:
        """Return the names of every file under user_files and staging."""
        folders = (self.folder / "user_files", self.folder / "staging")
        return {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}

    def listed(self, user_id: str = "alice") -> set[str]:
        """Return the blob names that a user's list asks for."""
        return {f"{file.file_id}{file.extension}" for file in self.list_files(user_id).files}
