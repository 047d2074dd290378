"""Expiry: record that the time of files is over. Idempotent; nothing expires early."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from application.ledgers import By, Ledgers, each_ledger
from application.ports.views import Views
from domain.metadata import Metadata, to_utc_milliseconds

EXPIRY = By("system:expiry")


class ExpireFiles:
    """Emits `FileExpired` for every file that is due."""

    def __init__(self, ledgers: Ledgers, views: Views) -> None:
        self._ledgers, self._views = ledgers, views
        self._done_until = datetime.min.replace(tzinfo=UTC)

    def __call__(self, now: datetime | None = None) -> list[str]:
        """Expire what is due at `now` (default: the present) and return the file ids.

        Raises:
            IntegrityFaultError: some user's ledger is damaged; all others were served.
        """
        metadata = self._ledgers.metadata(EXPIRY)
        if now is not None:
            metadata = Metadata(timestamp=to_utc_milliseconds(now), actor=EXPIRY.actor, cause="expire --now")
        self._views.catch_up()
        expired: list[str] = []
        with each_ledger() as attempt, self._dealing_with(metadata.timestamp if now is None else None):
            for user_id in self._views.due_user_ids(metadata.timestamp):
                attempt(partial(self._expire, user_id, metadata, expired))
        return expired

    @contextmanager
    def _dealing_with(self, until: datetime | None) -> Iterator[None]:
        """Have `next_due` look beyond what is due `until` then; again at that, when it came to nothing.

        From the beginning on, because it is asked meanwhile, after every step of the views: with thousands
        due at once, MongoDB would look at all of them each time.
        """
        before, self._done_until = self._done_until, until or self._done_until
        try:
            yield
        except BaseException:
            self._done_until = before
            raise

    def next_due(self, before: datetime) -> datetime | None:
        """Return when the next file that the view holds expires after those that were dealt with.

        None when none does `before`. What was due before and is still there could not be expired (a damaged
        ledger): waiting for it would be waiting for the past.
        """
        return self._views.next_expiry(after=self._done_until, before=before)

    def _expire(self, user_id: str, metadata: Metadata, expired: list[str]) -> None:
        decision = self._ledgers.decide(user_id, lambda ledger, at: ledger.expire(at), EXPIRY, at=metadata)
        expired += decision.result
