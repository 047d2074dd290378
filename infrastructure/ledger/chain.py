"""The hash chain over one ledger's stored events.

Every event's digest covers the digest before it and the bytes as they are
stored (personal fields encrypted), so the chain stays whole when a user's key
is destroyed, and changes when any stored byte does. SHA-256; every field is
preceded by its length in eight bytes, so that no two inputs collide by shifting.
"""

import hashlib

from eventsourcing.persistence import StoredEvent

GENESIS = b"fileledger chain v1"


def chain_digest(previous: bytes, originator_hex: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the 32-byte digest of one stored event after `previous`."""
    digest = hashlib.sha256()
    for field in (previous, originator_hex.encode(), b"%d" % version, topic.encode(), state):
        digest.update(len(field).to_bytes(8, "big"))
        digest.update(field)
    return digest.digest()


def digest_of(previous: bytes, stored: StoredEvent) -> bytes:
    """Return the digest of a stored event after `previous`."""
    originator = stored.originator_id
    hexadecimal = originator if isinstance(originator, str) else originator.hex
    return chain_digest(previous, hexadecimal, stored.originator_version, stored.topic, stored.state)
