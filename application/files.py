"""List, open and delete a user's own files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from application.ledgers import By, Ledgers
from application.policy import UsagePolicy
from application.ports.blobs import BlobStore
from application.ports.clock import Clock
from application.ports.ledger import LedgerStore
from application.ports.views import FileList, Views
from domain.files import LedgerFile, blob_name, check_user_id
from domain.tables import Tables


@dataclass(frozen=True)
class Listing:
    """A user's files, oldest first; `count` uploads of at most `limit`, what runs made counts apart."""

    user_id: str
    count: int
    limit: int
    files: tuple[LedgerFile, ...]

    @property
    def generated(self) -> int:
        """How many of the files runs have made."""
        return len(self.files) - self.count


class ListFiles:
    """The current list, from the view, with every event of the user's so far in it."""

    def __init__(self, views: Views, store: LedgerStore, clock: Clock, policy: UsagePolicy) -> None:
        self._views, self._store, self._clock, self._policy = views, store, clock, policy

    def __call__(self, user_id: str) -> Listing:
        """Return the files that the user can use now; one that is held beyond its time is among them."""
        check_user_id(user_id)
        listed: FileList = self._views.files_of(user_id)
        now = self._clock.now()
        files = listed.files
        if any(file.is_due(now) for file in files):
            ledger = self._store.load(user_id)
            files = tuple(file for file in files if ledger is None or not ledger.is_over(file, now))
        return listing_of(user_id, files, self._policy)


def listing_of(user_id: str, files: tuple[LedgerFile, ...], policy: UsagePolicy) -> Listing:
    """Return `files` as a list with its count and limit."""
    return Listing(user_id, sum(file.is_upload for file in files), policy.limits.max_files, files)


def matching(files: Sequence[LedgerFile], text: str) -> list[LedgerFile]:
    """Return the files that somebody may mean who has typed `text`, the newest first.

    A part of the name will do, in capitals or not, or the beginning of the id.
    """
    wanted = text.strip().casefold()
    return [
        file
        for file in reversed(files)
        if wanted in file.filename.casefold() or file.file_id.startswith(wanted)
    ]


class KnownTables:
    """What runs have seen of the tables in a user's files, from the ledger."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers

    def __call__(self, user_id: str, files: Sequence[LedgerFile]) -> Mapping[str, Tables]:
        """Return the tables by file id; a file that no run has loaded is not among them."""
        ledger = self._ledgers.load(user_id, By.user(check_user_id(user_id)))
        known = {file.file_id: ledger.tables_of(file) for file in files}
        return {file_id: tables for file_id, tables in known.items() if tables}


class OpenFile:
    """Download: the owner gets a file's bytes back."""

    def __init__(self, ledgers: Ledgers, blobs: BlobStore) -> None:
        self._ledgers, self._blobs = ledgers, blobs

    def __call__(self, user_id: str, file_id: str) -> tuple[LedgerFile, BinaryIO]:
        """Return a live file of the user, open for reading.

        Raises:
            NoSuchFileError: the user has no such file (absent and foreign alike).
        """
        by = By.user(check_user_id(user_id))
        ledger = self._ledgers.load(user_id, by)
        file = ledger.live_file(file_id, self._ledgers.metadata(by).timestamp)
        return file, self._blobs.open(user_id, blob_name(file.file_id, file.extension))


class DeleteFile:
    """Remove a file from the list; the purge policy removes its bytes."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers

    def __call__(self, user_id: str, file_id: str, *, by: By | None = None) -> LedgerFile:
        """Delete a live file of the user and return what it was.

        Raises:
            NoSuchFileError: the user has no such file (absent and foreign alike).
        """
        by = by or By.user(check_user_id(user_id))
        return self._ledgers.decide(
            user_id, lambda ledger, metadata: ledger.delete(file_id, metadata), by
        ).result
