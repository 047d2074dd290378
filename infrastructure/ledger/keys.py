"""Per-user keys, a file each, outside the ledger and its backups.

Destroying a key erases every personal field of its user's ledger, in the
database and in every copy of it. A destroyed key's id is never given again.
"""

import base64
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import IntegrityFaultError
from infrastructure.files import durable_write, make_private_folder, sync_folder
from infrastructure.ledger import canonical
from infrastructure.locks import locked

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
        return nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def decrypt(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return the plain bytes.

        Raises:
            cryptography.exceptions.InvalidTag: bytes or binding were changed.
        """
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.secret)


class KeyFolder:
    """Keys in a private folder; each file is named after its ledger's id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache: dict[UUID, tuple[tuple[int, int], UserKey]] = {}
        self._holders: dict[str, str] = {}
        self._listed, self._listed_at = set[Path](), 0

    def find(self, ledger_id: UUID) -> UserKey | None:
        """Return the ledger's current key, None when it has none (any more)."""
        try:
            status = os.stat(f"{self._folder}/{ledger_id.hex}.key")  # noqa: PTH116  # once an event: Path costs more
        except FileNotFoundError:
            self._cache.pop(ledger_id, None)
            return None
        # The file is looked at every time: another process may have destroyed the key.
        stamp = (status.st_ino, status.st_mtime_ns)
        cached = self._cache.get(ledger_id)
        if cached is None or cached[0] != stamp:
            key = _read(self._path(ledger_id))
            if key is None:
                self._cache.pop(ledger_id, None)
                return None
            cached = self._cache[ledger_id] = (stamp, key)
        return cached[1]

    def is_of_another(self, ledger_id: UUID, key_id: str) -> bool:
        """Tell whether the key of that id is, or lately was, here as another ledger's."""
        if key_id not in self._holders and self._folder.is_dir():
            self._list_holders()
        return self._holders.get(key_id, ledger_id.hex) != ledger_id.hex

    def _list_holders(self) -> None:
        """Read the keys that came since the last time, if there are any."""
        stamp = self._folder.stat().st_mtime_ns
        if stamp == self._listed_at:
            return
        for path in set(self._folder.glob("*.key")) - self._listed:
            with suppress(IntegrityFaultError):  # a damaged file holds nobody's key
                if (key := _read(path)) is not None:
                    self._holders[key.key_id] = path.stem
        self._listed, self._listed_at = set(self._folder.glob("*.key")), stamp

    def create(self, ledger_id: UUID) -> UserKey:
        """Return the ledger's key, making one when there is none; durable before it returns."""
        make_private_folder(self._folder)
        with locked(self._lock):
            return self._create(ledger_id)

    def _create(self, ledger_id: UUID) -> UserKey:
        if self.find(ledger_id) is None:  # one that was overwritten, whose destroyer was killed over it
            self._path(ledger_id).unlink(missing_ok=True)
        fresh = UserKey(secrets.token_hex(8), AESGCM.generate_key(KEY_BITS))
        content = canonical.encode({"id": fresh.key_id, "key": base64.b64encode(fresh.secret).decode()})
        durable_write(self._path(ledger_id), content, replace=False)
        key = self.find(ledger_id)
        if key is None:
            msg = f"The key just written for ledger {ledger_id} is gone again; check {self._folder}."
            raise IntegrityFaultError(msg)
        return key

    def destroy(self, ledger_id: UUID, key_id: str | None = None) -> bool:
        """Destroy the ledger's key for good, if it is the one of that id; tell whether it was there.

        It is overwritten in its place first, for file systems and disks that write there.
        """
        if not self._folder.is_dir():
            return False
        path = self._path(ledger_id)
        with locked(self._lock):
            key = self.find(ledger_id)
            if key is not None and key_id not in {None, key.key_id}:
                return False
            self._cache.pop(ledger_id, None)
            if key is not None:
                with path.open("r+b") as file:
                    file.write(b"\0" * path.stat().st_size)
                    os.fsync(file.fileno())
            path.unlink(missing_ok=True)
            sync_folder(self._folder)
        return key is not None

    @property
    def _lock(self) -> Path:
        return self._folder / ".lock"

    def _path(self, ledger_id: UUID) -> Path:
        return self._folder / f"{ledger_id.hex}.key"


def _read(path: Path) -> UserKey | None:
    """Return the key in a file, None when it was destroyed: the file is gone, or overwritten with zeros."""
    try:
        stored = path.read_bytes()
        if not stored.strip(b"\0"):
            return None
        content = canonical.decode(stored)
        return UserKey(content["id"], base64.b64decode(content["key"], validate=True))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        msg = f"The key file {path} is damaged. Restore the keys folder from its backup."
        raise IntegrityFaultError(msg) from error
