"""Legal holds: an operator lets a file, or all of a user's, stay until it may go again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from application.ledgers import By, Ledgers
from application.ports.ledger import LedgerStore
from domain.errors import InvalidValueError
from domain.files import check_user_id
from domain.holds import Hold
from domain.ledger import UserLedger
from domain.metadata import Metadata


@dataclass(frozen=True)
class HeldUser:
    """A user with holds, the oldest first."""

    user_id: str
    holds: tuple[Hold, ...]


class Holds:
    """Places, releases and lists holds; each is an event with actor and reason."""

    def __init__(self, store: LedgerStore, ledgers: Ledgers) -> None:
        self._store, self._ledgers = store, ledgers

    def place(self, user_id: str, file_id: str | None, reason: str, by: By) -> HeldUser:
        """Hold a file of the user, or (None) all that the user has and will have.

        Raises:
            InvalidValueError: nobody knows the user, or there is no reason.
            NoSuchFileError: no file of the user has that id any more.
        """
        return self._change(user_id, partial(UserLedger.place_hold, file_id=file_id, reason=reason), by)

    def release(self, user_id: str, file_id: str | None, reason: str, by: By) -> HeldUser:
        """End a hold; what is due may go from then on.

        Raises:
            InvalidValueError: there is no such hold, or no reason.
        """
        return self._change(user_id, partial(UserLedger.release_hold, file_id=file_id, reason=reason), by)

    def all(self, user_id: str | None = None) -> Sequence[HeldUser]:
        """Return every user with holds, or that one."""
        owners = (self._store.owner_of(ledger_id) for ledger_id in self._store.ledger_ids())
        users = [user_id] if user_id is not None else [owner for owner in owners if owner is not None]
        held = (_held(user, self._store.load(check_user_id(user))) for user in users)
        return [user for user in held if user.holds]

    def _change(self, user_id: str, change: partial[None], by: By) -> HeldUser:
        ledger = self._store.load(check_user_id(user_id))
        if ledger is None or ledger.is_erased:
            msg = f"Nothing is recorded of the user {user_id}."
            raise InvalidValueError(msg)

        def decide(ledger: UserLedger, metadata: Metadata) -> HeldUser:
            change(ledger, metadata=metadata)
            return _held(user_id, ledger)

        return self._ledgers.decide(user_id, decide, by).result


def _held(user_id: str, ledger: UserLedger | None) -> HeldUser:
    return HeldUser(user_id, tuple(ledger.holds.values()) if ledger else ())
