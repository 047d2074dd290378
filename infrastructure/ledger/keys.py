"""Per-user keys, a file each, outside the ledger and its backups.

Destroying a key erases every personal field of its user's ledger, in the
database and in every copy of it. A destroyed key's id is never given again.
"""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import IntegrityFaultError
from infrastructure.files import durable_write, make_private_folder, sync_folder
from infrastructure.ledger import canonical

KEY_BITS = 256
NONCE_BYTES = 12


@dataclass(frozen=True)
class UserKey:
    """One user's key and its public id."""

    key_id: str
    secret: bytes

    def encrypt(self, plain: bytes, bound_to: bytes) -> bytes:
        """Return nonce and AES-GCM ciphertext; `bound_to` must be given again to decrypt."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, bound_to)

    def decrypt(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return the plain bytes.

        Raises:
            cryptography.exceptions.InvalidTag: bytes or binding were changed.
        """
        return AESGCM(self.secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)


class KeyFolder:
    """Keys in a private folder; each file is named after its ledger's id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache: dict[UUID, tuple[tuple[int, int], UserKey]] = {}

    def find(self, ledger_id: UUID) -> UserKey | None:
        """Return the ledger's current key, None when it has none (any more)."""
        path = self._path(ledger_id)
        try:
            status = path.stat()
        except FileNotFoundError:
            self._cache.pop(ledger_id, None)
            return None
        # The file is looked at every time: another process may have destroyed the key.
        stamp = (status.st_ino, status.st_mtime_ns)
        cached = self._cache.get(ledger_id)
        if cached is None or cached[0] != stamp:
            cached = (stamp, _read(path))
            self._cache[ledger_id] = cached
        return cached[1]

    def create(self, ledger_id: UUID) -> UserKey:
        """Return the ledger's key, making one when there is none; durable before it returns."""
        make_private_folder(self._folder)
        fresh = UserKey(secrets.token_hex(8), AESGCM.generate_key(KEY_BITS))
        content = canonical.encode({"id": fresh.key_id, "key": base64.b64encode(fresh.secret).decode()})
        durable_write(self._path(ledger_id), content, replace=False)
        key = self.find(ledger_id)
        if key is None:
            msg = f"The key just written for ledger {ledger_id} is gone again; check {self._folder}."
            raise IntegrityFaultError(msg)
        return key

    def destroy(self, ledger_id: UUID) -> bool:
        """Destroy the ledger's key for good; tell whether there was one."""
        path = self._path(ledger_id)
        self._cache.pop(ledger_id, None)
        if not path.exists():
            return False
        path.write_bytes(b"\0" * path.stat().st_size)
        path.unlink()
        sync_folder(self._folder)
        return True

    def _path(self, ledger_id: UUID) -> Path:
        return self._folder / f"{ledger_id.hex}.key"


def _read(path: Path) -> UserKey:
    try:
        content = canonical.decode(path.read_bytes())
        return UserKey(content["id"], base64.b64decode(content["key"], validate=True))
    except (ValueError, KeyError, TypeError) as error:
        msg = f"The key file {path} is damaged. Restore the keys folder from its backup."
        raise IntegrityFaultError(msg) from error
