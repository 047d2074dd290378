"""The policy that lets the disk go of removed files' bytes.

It follows evictions, expiries and deletions: first the bytes go, then the event
says so, then the position moves. Killed between any two of these it does the
step again at the next start; each step is idempotent.
"""

from application.ledgers import By, Ledgers
from application.ports import BlobStore, LedgerStore
from domain.events import FileDeleted, FileEvicted, FileExpired
from domain.files import blob_name
from domain.ledger import UserLedger
from domain.metadata import Metadata

POLICY = "purge"
PURGE = By("system:purge")
BATCH_EVENTS = 500


class PurgeRemovedFiles:
    """Deletes the bytes of files that left the list."""

    def __init__(self, store: LedgerStore, ledgers: Ledgers, blobs: BlobStore) -> None:
        self._store, self._ledgers, self._blobs = store, ledgers, blobs

    def catch_up(self) -> int:
        """Deal with every removal recorded so far; return the position reached.

        Raises:
            EnvironmentFaultError: the disk refuses; what is left is done next time.
        """
        head, position = self._store.head(), self._store.policy_position(POLICY)
        kinds = (FileEvicted, FileExpired, FileDeleted)
        while removals := self._store.events_after(position, limit=BATCH_EVENTS, up_to=head, kinds=kinds):
            for ledger_id in dict.fromkeys(recorded.event.originator_id for recorded in removals):
                self._purge_ledger(self._store.owner_of(ledger_id))
            position = removals[-1].position
            self._store.advance_policy(POLICY, position)
        self._store.advance_policy(POLICY, head)
        return head

    def _purge_ledger(self, user_id: str | None) -> None:
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
