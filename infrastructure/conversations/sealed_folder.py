"""Conversations in a folder: a file each, sealed with its user's key, so an erasure takes them, too."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from pydantic import JsonValue, TypeAdapter, ValidationError

from application.model import AssistantMessage, Message, ToolMessage, UserMessage
from domain.ledger import UserLedger
from infrastructure.files import durable_write, make_private_folder, os_errors
from infrastructure.ledger import canonical
from infrastructure.ledger.keys import KeyFolder

_ROLES: dict[str, TypeAdapter[Message]] = {
    "user": TypeAdapter(UserMessage),
    "assistant": TypeAdapter(AssistantMessage),
    "tool": TypeAdapter(ToolMessage),
}
_ROLE_OF = {UserMessage: "user", AssistantMessage: "assistant", ToolMessage: "tool"}


class SealedConversations:
    """A folder a user, named after the ledger; a file a place, whose time of change is when it expires.

    Neither names a user or a place. Destroying the user's key makes what is left of
    it, in backups as well, unreadable.
    """

    def __init__(self, folder: Path, keys: KeyFolder) -> None:
        self._folder, self._keys = folder, keys

    def load(self, user_id: str, place: str, now: datetime) -> Sequence[Message]:
        """Return what was said; nothing when it is over, or cannot be opened (any more)."""
        path, binding = self._path(user_id, place), _binding(user_id, place)
        key = self._keys.find(UserLedger.create_id(user_id))
        with os_errors("read a conversation"):
            try:
                is_over = path.stat().st_mtime <= now.timestamp()
                sealed = path.read_bytes()
            except FileNotFoundError:
                return ()
        if key is None or is_over:
            return ()
        try:
            return [_message(item) for item in canonical.decode(key.decrypt(sealed, binding))]
        except (InvalidTag, ValidationError, ValueError, LookupError, TypeError):
            return ()

    def save(self, user_id: str, place: str, messages: Sequence[Message], expires_at: datetime) -> None:
        """Keep a conversation; nothing without the user's key."""
        path = self._path(user_id, place)
        key = self._keys.find(UserLedger.create_id(user_id))
        if key is None:
            return
        plain = canonical.encode([_document(message) for message in messages])
        with os_errors("keep the conversation"):
            make_private_folder(path.parent)
            durable_write(path, key.encrypt(plain, _binding(user_id, place)))
            os.utime(path, (expires_at.timestamp(), expires_at.timestamp()))

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
                    if path.stat().st_mtime <= now.timestamp():
                        path.unlink()
                        discarded += 1
        return discarded

    def _folder_of(self, user_id: str) -> Path:
        return self._folder / UserLedger.create_id(user_id).hex

    def _path(self, user_id: str, place: str) -> Path:
        return self._folder_of(user_id) / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.sealed"


def _binding(user_id: str, place: str) -> bytes:
    """Return what a file is bound to, so that none can be put in another's place."""
    ledger_id: UUID = UserLedger.create_id(user_id)
    return f"conversation:{ledger_id.hex}:{place}".encode()


def _document(message: Message) -> JsonValue:
    role = _ROLE_OF[type(message)]
    return {"role": role, "message": _ROLES[role].dump_python(message, mode="json")}


def _message(document: dict[str, JsonValue]) -> Message:
    return _ROLES[str(document["role"])].validate_python(document["message"])
