"""Between domain events and stored events: validated, canonical, personal fields sealed.

The stored state is canonical JSON: the public fields as they are, the personal
ones together as one AES-GCM box under their user's key, bound to the event's
place (ledger, sequence, topic) and to its public fields, so that a box cannot be
moved to another event, nor a public field be changed under it.
"""

import base64
import binascii
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder
from eventsourcing.utils import get_topic
from pydantic import BaseModel, ValidationError

from domain.errors import IntegrityFaultError
from domain.events import LedgerOpened, LedgerReopened, event_kinds, upcast
from domain.personal import personal_tombstones
from domain.snapshot import LedgerSnapshot
from infrastructure.ledger import canonical
from infrastructure.ledger.keys import KeyFolder, UserKey

_KINDS: dict[str, type[BaseModel]] = {**event_kinds(), LedgerSnapshot.TOPIC: LedgerSnapshot}
_BEGINNINGS = frozenset({LedgerOpened, LedgerReopened})
_PLACE = frozenset({"originator_id", "originator_version"})


class CanonicalTranscoder(Transcoder):
    """The library's transcoder slot, filled with the canonical encoding."""

    def encode(self, obj: Any) -> bytes:
        """Return canonical bytes."""
        return canonical.encode(obj)

    def decode(self, data: bytes) -> Any:
        """Return the value of canonical bytes."""
        return canonical.decode(data)


class SealingMapper(Mapper[UUID]):
    """Maps pydantic events; seals personal fields under per-user keys."""

    def __init__(self, keys: KeyFolder) -> None:
        super().__init__(CanonicalTranscoder())
        self._keys = keys

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Return the stored form.

        Raises:
            IntegrityFaultError: the ledger goes on but its key is missing.
        """
        kind = type(domain_event)
        topic = get_topic(kind)
        state = domain_event.model_dump(mode="json", exclude=_PLACE)
        personal = {name: state.pop(name) for name in personal_tombstones(kind)}
        if (version := getattr(kind, "class_version", 1)) > 1:
            state["class_version"] = version
        ledger_id, sequence = domain_event.originator_id, domain_event.originator_version
        key = self._key_for_writing(ledger_id, begins=kind in _BEGINNINGS)
        state["key"] = key.key_id
        sealed = key.encrypt(canonical.encode(personal), _binding(ledger_id, sequence, topic, state))
        state["personal"] = base64.b64encode(sealed).decode()
        return StoredEvent(ledger_id, sequence, topic, canonical.encode(state))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Return the event, with tombstones for personal fields whose key is destroyed.

        Raises:
            IntegrityFaultError: the stored bytes are not what was written.
        """
        try:
            return self._decode(stored_event)
        except (ValueError, KeyError, TypeError, AttributeError, LookupError, InvalidTag) as error:
            why = "its box does not open" if isinstance(error, InvalidTag) else _one_line(error)
            raise _damaged(stored_event, why) from error

    def _decode(self, stored: StoredEvent) -> Any:
        # A table, not the library's resolver: a topic from a tampered row must not import modules.
        kind = _KINDS[stored.topic]
        state: dict[str, Any] = canonical.decode(stored.state)
        sealed = binascii.a2b_base64(state.pop("personal"), strict_mode=True)
        ledger_id = _uuid(stored.originator_id)
        binding = _binding(ledger_id, stored.originator_version, stored.topic, state)
        key, key_id = self._keys.find(ledger_id), state.pop("key")
        if key is None or key.key_id != key_id:
            if self._keys.is_of_another(ledger_id, key_id):
                raise _damaged(stored, "it is sealed for another user")
            state |= personal_tombstones(kind)
        else:
            state |= canonical.decode(key.decrypt(sealed, binding))
        upcast(kind, state)
        return kind(originator_id=ledger_id, originator_version=stored.originator_version, **state)

    def is_sealed(self, stored: StoredEvent) -> bool:
        """Tell whether the event's personal fields cannot be opened for want of its key."""
        key = self._keys.find(_uuid(stored.originator_id))
        return key is None or key.key_id != key_id_of(stored)

    def has_key(self, ledger_id: UUID) -> bool:
        """Tell whether the ledger has a key now."""
        return self._keys.find(ledger_id) is not None

    def _key_for_writing(self, ledger_id: UUID, *, begins: bool) -> UserKey:
        key = self._keys.find(ledger_id)
        if key is None and begins:
            key = self._keys.create(ledger_id)
        if key is None:
            msg = (
                f"The key of ledger {ledger_id} is missing, so nothing can be added to it. "
                "Restore the keys folder from its backup."
            )
            raise IntegrityFaultError(msg)
        return key


def key_id_of(stored: StoredEvent) -> str | None:
    """Return the id of the key that an event's personal fields are sealed with."""
    key_id = canonical.decode(stored.state).get("key")
    return key_id if isinstance(key_id, str) else None


def _damaged(stored: StoredEvent, why: str) -> IntegrityFaultError:
    return IntegrityFaultError(
        f"Event {stored.originator_version} of ledger {stored.originator_id} "
        f"({stored.topic}) is damaged: {why}. Run `fileledger verify`."
    )


def _uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


def _binding(ledger_id: UUID, sequence: int, topic: str, public: dict[str, Any]) -> bytes:
    return f"{ledger_id.hex}:{sequence}:{topic}:".encode() + canonical.encode(public)


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
