"""What remembers conversations for a while."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.model import Message
from domain.errors import InvalidValueError

_PLACE = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Kept:
    """A conversation; `place` is a digest that tells places apart without naming them."""

    place: str
    expires_at: datetime
    messages: Sequence[Message]

    def __post_init__(self) -> None:
        """Refuse a place that is no digest: it names a file.

        Raises:
            InvalidValueError: it is none.
        """
        if not _PLACE.fullmatch(self.place):
            msg = f"{self.place[:80]!r} names no place of a conversation."
            raise InvalidValueError(msg)


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

    def all_of(self, user_id: str, now: datetime) -> Sequence[Kept]:
        """Return every conversation of a user whose time is not over, ordered by place."""

    def keep(self, user_id: str, kept: Kept) -> None:
        """Keep a conversation that `all_of` returned, here or elsewhere."""

    def forget(self, user_id: str) -> int:
        """Remove all conversations of a user, and return how many there were."""

    def discard_expired(self, now: datetime) -> int:
        """Remove every user's conversations whose time is over, and return how many there were."""
