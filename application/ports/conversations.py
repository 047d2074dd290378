"""What remembers conversations for a while."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.model import Message


class Conversations(Protocol):
    """Keeps what was said, one conversation a user and place, each until its time is over.

    Nothing here is a fact of the ledger: losing it costs a conversation, no file.
    """

    def load(self, user_id: str, place: str, now: datetime) -> Sequence[Message]:
        """Return what was said, oldest first; nothing when it was never kept, or is forgotten."""

    def save(self, user_id: str, place: str, messages: Sequence[Message], expires_at: datetime) -> None:
        """Keep a conversation in the place of what was kept before.

        A user without a ledger has no key to seal it with: then nothing is kept.
        """

    def forget(self, user_id: str) -> int:
        """Remove all conversations of a user, and return how many there were."""

    def discard_expired(self, now: datetime) -> int:
        """Remove every user's conversations whose time is over, and return how many there were."""
