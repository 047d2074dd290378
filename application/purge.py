"""The policy that lets the disk go of removed files' bytes.

It follows evictions, expiries and deletions: first the bytes go, then the event
says so, then the position moves. Killed between any two of these it does the
step again at the next start; each step is idempotent.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from uuid import UUID

from application.ledgers import By, Ledgers, each_ledger
from application.ports.blobs import BlobStore
from application.ports.ledger import LedgerStore
from domain.errors import IntegrityFaultError
from domain.events import FileDeleted, FileEvicted, FileExpired, FileLost
from domain.files import blob_name
from domain.ledger import UserLedger
from domain.metadata import Metadata

POLICY = "purge"
PURGE = By("system:purge")
BATCH_EVENTS = 500


class PurgeRemovedFiles:
    """Deletes the bytes of files that left the list."""

    def __init__(
        self,
        store: LedgerStore,
        ledgers: Ledgers,
        blobs: BlobStore,
        at_work: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`at_work`: gives a block that only one purge of the same bytes is in at a time, in any process."""
        self._store, self._ledgers, self._blobs = store, ledgers, blobs
        self._at_work = at_work

    def catch_up(self) -> int:
        """Deal with every removal recorded so far; return the position reached.

        Raises:
            EnvironmentFaultError: the disk refuses; what is left is done next time.
        """
        # One at a time: who unlinks must be who records, or the event tells of 0 bytes.
        with self._at_work(), each_ledger() as attempt:
            head, position = self._store.head(), self._store.policy_position(POLICY)
            kinds = (FileEvicted, FileExpired, FileDeleted, FileLost)
            while position < head:
                batch = self._store.batch_after(position, limit=BATCH_EVENTS, up_to=head, kinds=kinds)
                removals = [recorded.event.originator_id for recorded in batch.events]
                damaged = [event.ledger_id for event in batch.damaged if event.ledger_id]
                for ledger_id in dict.fromkeys([*removals, *damaged]):
                    attempt(partial(self._purge_ledger, ledger_id))
                position = batch.reached
                self._store.advance_policy(POLICY, position)
            return head

    def _purge_ledger(self, ledger_id: UUID) -> None:
        user_id = self._store.owner_of(ledger_id)
        ledger = self._store.load(user_id) if user_id else None
        if ledger is None or not ledger.awaiting_purge:
            return
        freed = {
            file.file_id: self._blobs.purge(ledger.user_id, blob_name(file.file_id, file.extension))
            for file in ledger.awaiting_purge.values()
        }

        def record(ledger: UserLedger, metadata: Metadata) -> None:
            for file_id, bytes_freed in freed.items():
                ledger.record_purge(file_id, bytes_freed, metadata)

        self._ledgers.decide(ledger.user_id, record, PURGE)


class WantedBlobs:
    """Tells which blobs the ledgers want: of files that are live, or whose purge is to come.

    Asked for one user's blobs after the other, it loads each ledger once; again only for a
    blob that the ledger lacked then, so that what was recorded meanwhile is never taken for an orphan.
    """

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._user_id, self._names = "", frozenset[str]()
        self._is_damaged = False

    def __call__(self, user_id: str, name: str) -> bool:
        """Tell whether the user's ledger wants the blob; a damaged one counts as wanting every blob."""
        if user_id != self._user_id or (name not in self._names and not self._is_damaged):
            self._load(user_id)
        return self._is_damaged or name in self._names

    def _load(self, user_id: str) -> None:
        self._user_id, self._names, self._is_damaged = user_id, frozenset(), False
        try:
            ledger = self._store.load(user_id)
        except IntegrityFaultError:
            self._is_damaged = True  # what it wants cannot be told: its bytes stay
            return
        if ledger is not None:
            wanted = [*ledger.files.values(), *ledger.awaiting_purge.values()]
            self._names = frozenset(blob_name(file.file_id, file.extension) for file in wanted)
