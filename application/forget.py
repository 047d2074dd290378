"""Erasure: everything of a user goes, and the ledger's chain stays whole.

First the ledger says that the user is to be erased, and takes nothing else from
then on. A policy follows: it lets the disk go of files and conversations, records
that, and then destroys the user's key, so that every personal field in ledger,
journal, snapshots and all their backups is unreadable, and has the views name the
user no more. Each step can be taken again: killed anywhere, the next start goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from application.ledgers import By, Ledgers
from application.ports.blobs import BlobStore
from application.ports.conversations import Conversations
from application.ports.ledger import LedgerStore, Recorded
from application.ports.views import Views
from application.purge import WantedBlobs
from domain.errors import FileLedgerError, IntegrityFaultError
from domain.events import ErasureRequested, LedgerErased
from domain.files import blob_name, check_user_id
from domain.ledger import UserLedger
from domain.metadata import Metadata

POLICY = "erasure"
ERASURE = By("system:erasure")
BATCH_EVENTS = 100


@dataclass(frozen=True)
class Erasure:
    """What a `forget` did away with; nothing, when nothing was left of the user."""

    user_id: str
    files_purged: int = 0
    keys_destroyed: int = 0


class EraseUsers:
    """The policy that carries out erasures which the ledger asks for."""

    def __init__(
        self,
        store: LedgerStore,
        ledgers: Ledgers,
        blobs: BlobStore,
        conversations: Conversations,
        views: Callable[[], Views],
    ) -> None:
        self._store, self._ledgers, self._blobs = store, ledgers, blobs
        self._conversations, self._views = conversations, views
        self._at_work = Lock()

    def catch_up(self) -> int:
        """Carry out what is asked for; return the position reached.

        Raises:
            FileLedgerError: something cannot be erased now. All others were; this one is done next time.
        """
        kinds = (ErasureRequested, LedgerErased)
        with self._at_work:
            position, faults = self._store.policy_position(POLICY), list[FileLedgerError]()
            head = self._store.head()
            while position < head:
                batch = self._store.batch_after(position, limit=BATCH_EVENTS, up_to=head, kinds=kinds)
                faults += [IntegrityFaultError(event.why) for event in batch.damaged]
                for recorded in batch.events:
                    try:
                        self._carry_out(recorded)
                    except FileLedgerError as fault:
                        faults.append(fault)
                    if not faults:
                        self._store.advance_policy(POLICY, recorded.position)
                position, head = batch.reached, self._store.head()  # it grows by what is carried out
            if faults:
                raise faults[0]
            self._store.advance_policy(POLICY, head)
            return head

    def _carry_out(self, asked: Recorded) -> None:
        event = asked.event
        if isinstance(event, LedgerErased):
            self._store.erase(event.originator_id, event.originator_version)
            self._views().forget(event.originator_id, asked.position)
        else:
            self._empty(event.originator_id)

    def _empty(self, ledger_id: UUID) -> None:
        """Remove what is kept of a user outside the ledger, then record it."""
        user_id = self._store.owner_of(ledger_id)
        ledger = self._store.load(user_id) if user_id else None
        if ledger is None or not ledger.is_being_erased:
            return
        freed = {
            file.file_id: self._blobs.purge(ledger.user_id, blob_name(file.file_id, file.extension))
            for file in ledger.awaiting_purge.values()
        }
        self._blobs.discard_orphans(WantedBlobs(self._store), ledger.user_id)
        self._blobs.discard_set_aside(ledger.user_id)
        self._conversations.forget(ledger.user_id)

        def finish(ledger: UserLedger, metadata: Metadata) -> None:
            ledger.finish_erasure(freed, metadata)

        self._ledgers.decide(ledger.user_id, finish, ERASURE)


class ForgetUser:
    """Erases a user."""

    def __init__(self, store: LedgerStore, ledgers: Ledgers, erase: EraseUsers) -> None:
        self._store, self._ledgers, self._erase = store, ledgers, erase

    def __call__(self, user_id: str, *, by: By | None = None) -> Erasure:
        """Erase all that is kept of the user; again does no harm.

        Raises:
            EnvironmentFaultError: some of it cannot be erased now; the next start goes on with it.
        """
        by = by or By.user(check_user_id(user_id))
        ledger = self._store.load(user_id)
        if ledger is None:
            return Erasure(user_id)
        if ledger.is_erased:
            destroyed = self._store.erase(ledger.id, ledger.version)  # a backup may have brought the key back
            self._erase.catch_up()
            return Erasure(user_id, keys_destroyed=int(destroyed))
        files = self._ledgers.decide(user_id, _request, by).result
        self._erase.catch_up()
        return Erasure(user_id, files, 1)


def _request(ledger: UserLedger, metadata: Metadata) -> int:
    """Ask for the erasure; return how many files it takes from the disk."""
    ledger.request_erasure(metadata)
    return len(ledger.awaiting_purge)
