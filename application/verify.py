"""Verify: every event's chain and payload bytes, what witnesses saw, every live file's bytes."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from application.ports.blobs import BlobStore
from application.ports.journal import Witness
from application.ports.ledger import LedgerProblem, LedgerStore
from domain.errors import FileLedgerError, IntegrityFaultError
from domain.files import LedgerFile, blob_name, check_user_id
from domain.ledger import UserLedger

READ_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class VerifyReport:
    """What was checked and what was wrong with it."""

    events: int
    users: int
    blobs: int
    problems: tuple[LedgerProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


class VerifyLedger:
    """Checks that what is stored is what was written."""

    def __init__(self, store: LedgerStore, blobs: BlobStore, witnesses: Sequence[Witness] = ()) -> None:
        self._store, self._blobs, self._witnesses = store, blobs, witnesses

    def __call__(self, user_id: str | None = None, others: Sequence[Witness] = ()) -> VerifyReport:
        """Check one user's ledger and files, or everybody's; hear `others` beside the house's witnesses."""
        chain = self._store.verify_chain(check_user_id(user_id) if user_id is not None else None)
        problems, blobs = list(chain.problems), 0
        # After the chain: what a witness then says covers all that the chain's check has seen.
        for witness in (*self._witnesses, *others):
            problems += witness.examine(user_id)
        for owner in [user_id] if user_id is not None else self._owners():
            ledger = self._readable_ledger(owner)
            if ledger is None:
                continue
            blobs += len(ledger.files)
            problems += self._check_files(ledger)
        return VerifyReport(chain.events, chain.ledgers, blobs, tuple(problems))

    def _owners(self) -> Iterator[str]:
        """Yield every user whose ledger can be read; the check of the chain has named the others."""
        with suppress(IntegrityFaultError):
            for ledger_id in self._store.ledger_ids():
                with suppress(IntegrityFaultError):
                    if (owner := self._store.owner_of(ledger_id)) is not None:
                        yield owner

    def _readable_ledger(self, user_id: str) -> UserLedger | None:
        try:
            return self._store.load(user_id)
        except IntegrityFaultError:
            return None  # The check of the chain has named the damage.

    def _check_files(self, ledger: UserLedger) -> Iterator[LedgerProblem]:
        for file in ledger.files.values():
            what = f"the bytes of {file.file_id} ({file.filename})"
            try:
                digest, size_bytes = self._digest(ledger.user_id, file)
            except FileLedgerError:
                if self._left_meanwhile(ledger.user_id, file):
                    continue
                yield LedgerProblem(ledger.user_id, None, "blob_missing", f"{what} are not on disk")
                continue
            if (digest, size_bytes) != (file.sha256, file.size_bytes):
                yield LedgerProblem(
                    ledger.user_id, None, "blob_altered", f"{what} are not those that were recorded"
                )

    def _left_meanwhile(self, user_id: str, file: LedgerFile) -> bool:
        """Tell whether a busy process removed the file since its ledger was loaded."""
        ledger = self._readable_ledger(user_id)
        return ledger is not None and file.file_id not in ledger.files

    def _digest(self, user_id: str, file: LedgerFile) -> tuple[str, int]:
        digest, size_bytes = hashlib.sha256(), 0
        with self._blobs.open(user_id, blob_name(file.file_id, file.extension)) as content:
            while chunk := content.read(READ_CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += len(chunk)
        return digest.hexdigest(), size_bytes
