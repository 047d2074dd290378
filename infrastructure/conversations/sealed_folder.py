"""Conversations in a folder: a file each, sealed with its user's key, so an erasure takes them, too."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag

from application.message_documents import message_document, message_of
from application.model import Message
from application.ports.conversations import Kept
from domain.ledger import UserLedger
from infrastructure.files import durable_write, make_private_folder, os_errors
from infrastructure.ledger import canonical
from infrastructure.ledger.keys import KeyFolder

SUFFIX = ".sealed"


class SealedConversations:
    """A folder a user, named after the ledger; a file a place, whose time of change is when it expires.

    Neither names a user or a place. Destroying the user's key makes what is left of
    it, in backups as well, unreadable.
    """

    def __init__(self, folder: Path, keys: KeyFolder) -> None:
        self._folder, self._keys = folder, keys

    def load(self, user_id: str, place: str, now: datetime) -> Sequence[Message]:
        """Return what was said; nothing when it is over, or cannot be opened (any more)."""
        kept = self._open(user_id, _digest(place), now)
        return kept.messages if kept else ()

    def _open(self, user_id: str, place: str, now: datetime) -> Kept | None:
        path, binding = self._path(user_id, place), _binding(user_id, place)
        key = self._keys.find(UserLedger.create_id(user_id))
        with os_errors("read a conversation"):
            try:
                expires_at = _expiry(path)
                sealed = path.read_bytes()
            except FileNotFoundError:
                return None
        if key is None or expires_at <= now:
            return None
        try:
            messages = [message_of(item) for item in canonical.decode(key.decrypt(sealed, binding))]
        except (InvalidTag, ValueError, LookupError, TypeError):
            return None
        return Kept(place, expires_at, messages)

    def save(self, user_id: str, place: str, messages: Sequence[Message], expires_at: datetime) -> None:
        """Keep a conversation; nothing without the user's key."""
        self.keep(user_id, Kept(_digest(place), expires_at, messages))

    def all_of(self, user_id: str, now: datetime) -> Sequence[Kept]:
        """Return what can be opened of the user's conversations."""
        paths = self._folder_of(user_id).glob(f"*{SUFFIX}")
        places = sorted(path.name.removesuffix(SUFFIX) for path in paths)
        opened = (self._open(user_id, place, now) for place in places)
        return [kept for kept in opened if kept is not None]

    def keep(self, user_id: str, kept: Kept) -> None:
        """Write a conversation; nothing without the user's key."""
        path, expiry_s = self._path(user_id, kept.place), kept.expires_at.timestamp()
        key = self._keys.find(UserLedger.create_id(user_id))
        if key is None:
            return
        plain = canonical.encode([message_document(message) for message in kept.messages])
        with os_errors("keep the conversation"):
            make_private_folder(path.parent)
            durable_write(path, key.encrypt(plain, _binding(user_id, kept.place)))
            os.utime(path, (expiry_s, expiry_s))

    def forget(self, user_id: str) -> int:
        """Remove the user's folder."""
        folder = self._folder_of(user_id)
        with os_errors("forget the conversations"):
            known = len(list(folder.glob("*.sealed")))
            shutil.rmtree(folder, ignore_errors=not folder.exists())
        return known

    def discard_expired(self, now: datetime) -> int:
        """Remove the files whose time is over."""
        discarded = 0
        with os_errors("forget old conversations"):
            for path in self._folder.glob("*/*.sealed"):
                with suppress(FileNotFoundError):  # forgotten meanwhile
                    if _expiry(path) <= now:
                        path.unlink()
                        discarded += 1
        return discarded

    def _folder_of(self, user_id: str) -> Path:
        return self._folder / UserLedger.create_id(user_id).hex

    def _path(self, user_id: str, place: str) -> Path:
        return self._folder_of(user_id) / f"{place}{SUFFIX}"


def _digest(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:32]


def _expiry(path: Path) -> datetime:
    return datetime.fromtimestamp(round(path.stat().st_mtime, 3), UTC)


def _binding(user_id: str, place: str) -> bytes:
    """Return what a file is bound to, so that none can be put in another's place."""
    ledger_id: UUID = UserLedger.create_id(user_id)
    return f"conversation:{ledger_id.hex}:{place}".encode()
