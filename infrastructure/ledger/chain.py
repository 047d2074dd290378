"""The hash chain over one ledger's stored events.

Every event's digest covers the digest before it, the event's position in the
whole ledger, and the bytes as they are stored (personal fields encrypted), so the
chain stays whole when a user's key is destroyed, and breaks when any stored byte
changes. SHA-256; every field is preceded by its length in eight bytes, so that no
two inputs collide by shifting.
"""

import hashlib

GENESIS = b"fileledger chain v1"


def chain_digest(previous: bytes, position: int, place: tuple[str, int], topic: str, state: bytes) -> bytes:
    """Return the 32-byte digest of one stored event after `previous`; `place` is ledger (hex) and version."""
    digest = hashlib.sha256()
    ledger_hex, version = place
    for field in (previous, b"%d" % position, ledger_hex.encode(), b"%d" % version, topic.encode(), state):
        digest.update(len(field).to_bytes(8, "big"))
        digest.update(field)
    return digest.digest()
