"""Upload: the bytes are kept first, then the event; never an event without bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from application.intake import take_in
from application.ledgers import By, Ledgers
from application.policy import UsagePolicy
from application.ports.blobs import BlobStore
from application.ports.clock import Ids
from domain.errors import (
    DeliveredBeforeError,
    ErasureUnderWayError,
    NoSuchFileError,
    RefusedError,
    UsageError,
)
from domain.events import FileEvicted
from domain.files import LedgerFile, NewFile, blob_name, check_user_id
from domain.ledger import UserLedger
from domain.metadata import Metadata


@dataclass(frozen=True)
class Receipt:
    """What an upload did. `evicted` files made room; `count` of `limit` uploads are held, and `generated`."""

    file: LedgerFile
    evicted: tuple[LedgerFile, ...]
    count: int
    limit: int
    generated: int


class UploadFile:
    """Keeps a file's bytes and records it; the oldest files make room."""

    def __init__(self, ledgers: Ledgers, blobs: BlobStore, ids: Ids, policy: UsagePolicy) -> None:
        self._ledgers, self._blobs, self._ids, self._policy = ledgers, blobs, ids, policy

    def __call__(
        self, user_id: str, filename: str, chunks: Iterable[bytes], *, source: str, by: By | None = None
    ) -> Receipt:
        """Upload one file. `source` names the delivery: the same one twice is the same file.

        Raises:
            FileTooLargeError, QuotaExceededError: the file may not be kept.
            ErasureUnderWayError: the user is being erased, or was meanwhile.
            DeliveredBeforeError: the same delivery was taken before, and its file is gone.
            EnvironmentFaultError: the disk or the ledger cannot take it; nothing was recorded.
        """
        by = by or By.user(check_user_id(user_id), source)
        ledger = self._ledgers.load(user_id, by)
        if (known := ledger.sources.get(source)) is not None:
            try:
                return self._receipt(ledger, known, (), self._ledgers.metadata(by))
            except NoSuchFileError as error:
                raise DeliveredBeforeError(known) from error
        with self._blobs.stage(user_id) as staged:
            limit_bytes = self._policy.limits.max_file_bytes
            new = take_in(staged, filename, chunks, self._ids, limit_bytes=limit_bytes)
            try:
                receipt = self._ledgers.decide(
                    user_id, partial(self._decide, new, source, ledger.erasures), by
                ).result
            except (RefusedError, UsageError):
                # Any other failure may have struck after the event was saved: then the sweep decides.
                self._drop(user_id, new)
                raise
            if receipt.file.file_id != new.file_id:
                self._drop(user_id, new)
            return receipt

    def _decide(
        self, new: NewFile, source: str, erasures: int, ledger: UserLedger, metadata: Metadata
    ) -> Receipt:
        if ledger.erasures != erasures:
            raise ErasureUnderWayError  # the bytes came before the user was erased
        before = dict(ledger.files)
        file_id = ledger.upload(
            new,
            source=source,
            expires_at=self._policy.expiry(metadata.timestamp),
            limits=self._policy.limits,
            metadata=metadata,
        )
        evicted = [before[event.file_id] for event in ledger.pending_events if isinstance(event, FileEvicted)]
        return self._receipt(ledger, file_id, tuple(evicted), metadata)

    def _receipt(
        self, ledger: UserLedger, file_id: str, evicted: tuple[LedgerFile, ...], metadata: Metadata
    ) -> Receipt:
        live = ledger.live_files(metadata.timestamp)
        count = sum(file.is_upload for file in live)
        file = ledger.live_file(file_id, metadata.timestamp)
        return Receipt(file, evicted, count, self._policy.limits.max_files, len(live) - count)

    def _drop(self, user_id: str, new: NewFile) -> None:
        self._blobs.purge(user_id, blob_name(new.file_id, new.extension))
