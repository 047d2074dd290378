"""Verify: every event's chain and payload bytes, what witnesses saw, every live file's bytes."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from application.file_check import CheckFiles
from application.ports.blobs import BlobStore
from application.ports.journal import Witness
from application.ports.ledger import LedgerProblem, LedgerStore
from domain.damage import Damage
from domain.errors import FileLedgerError, IntegrityFaultError
from domain.files import check_user_id
from domain.ledger import UserLedger

VERIFIED = "verify"
"""Under this name the ledger remembers the newest event that a whole check without a finding has seen."""

_DAMAGE_WORDS = {
    Damage.MISSING: ("blob_missing", "are not on disk"),
    Damage.ALTERED: ("blob_altered", "are not those that were recorded"),
    Damage.UNREADABLE: ("blob_unreadable", "cannot be read: the disk reports an error; check it"),
}


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
        self._store, self._witnesses = store, witnesses
        self._files = CheckFiles(store, blobs)

    def __call__(self, user_id: str | None = None, others: Sequence[Witness] = ()) -> VerifyReport:
        """Check one user's ledger and files, or everybody's; hear `others` beside the house's witnesses."""
        head = self._store.head()
        chain = self._store.verify_chain(check_user_id(user_id) if user_id is not None else None)
        problems, blobs = list(chain.problems), 0
        # After the chain: what a witness then says covers all that the chain's check has seen.
        for witness in (*self._witnesses, *others):
            problems += witness.examine(user_id)
        for owner in [user_id] if user_id is not None else self._owners():
            ledger = self._files.readable_ledger(owner)  # the check of the chain has named the damage
            if ledger is None:
                continue
            blobs += len(ledger.files)
            problems += self._check_files(ledger)
        if user_id is None and not problems:
            with suppress(FileLedgerError):  # who may only read the ledger may check it, too
                self._store.advance_policy(VERIFIED, head)
        return VerifyReport(chain.events, chain.ledgers, blobs, tuple(problems))

    def _owners(self) -> Iterator[str]:
        """Yield every user whose ledger can be read; the check of the chain has named the others."""
        with suppress(IntegrityFaultError):
            for ledger_id in self._store.ledger_ids():
                with suppress(IntegrityFaultError):
                    if (owner := self._store.owner_of(ledger_id)) is not None:
                        yield owner

    def _check_files(self, ledger: UserLedger) -> Iterator[LedgerProblem]:
        for damaged in self._files.damaged(ledger):
            kind, words = _DAMAGE_WORDS[damaged.damage]
            what = f"the bytes of {damaged.file.file_id} ({damaged.file.filename})"
            yield LedgerProblem(ledger.user_id, None, kind, f"{what} {words}")
