"""Expiry: record that the time of files is over. Idempotent; nothing expires early."""

from datetime import datetime

from application.ledgers import By, Ledgers
from application.ports import Views
from domain.metadata import Metadata, to_utc_milliseconds

EXPIRY = By("system:expiry")


class ExpireFiles:
    """Emits `FileExpired` for every file that is due."""

    def __init__(self, ledgers: Ledgers, views: Views) -> None:
        self._ledgers, self._views = ledgers, views

    def __call__(self, now: datetime | None = None) -> list[str]:
        """Expire what is due at `now` (default: the present) and return the file ids."""
        metadata = self._ledgers.metadata(EXPIRY)
        if now is not None:
            metadata = Metadata(timestamp=to_utc_milliseconds(now), actor=EXPIRY.actor, cause="expire --now")
        self._views.catch_up()
        expired: list[str] = []
        for user_id in self._views.due_user_ids(metadata.timestamp):
            decision = self._ledgers.decide(
                user_id, lambda ledger, at: ledger.expire(at), EXPIRY, at=metadata
            )
            expired += decision.result
        return expired

    def next_due(self) -> datetime | None:
        """Return when the next file expires; None when none ever does."""
        self._views.catch_up()
        return self._views.next_expiry()
