"""Whether the bytes on disk are those that the ledger recorded: what `verify` and `fsck` share."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from application.ports.blobs import BlobStore
from application.ports.ledger import LedgerStore
from domain.damage import Damage
from domain.errors import IntegrityFaultError, UnreadableError
from domain.files import LedgerFile, blob_name
from domain.ledger import UserLedger

READ_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class DamagedFile:
    """A live file whose bytes are not what was recorded."""

    user_id: str
    file: LedgerFile
    damage: Damage

    @property
    def name(self) -> str:
        """The name of its blob."""
        return blob_name(self.file.file_id, self.file.extension)


class CheckFiles:
    """Reads every live file's bytes."""

    def __init__(self, store: LedgerStore, blobs: BlobStore) -> None:
        self._store, self._blobs = store, blobs

    def readable_ledger(self, user_id: str) -> UserLedger | None:
        """Return the user's ledger, None when there is none or it is damaged."""
        try:
            return self._store.load(user_id)
        except IntegrityFaultError:
            return None

    def damaged(self, ledger: UserLedger) -> Iterator[DamagedFile]:
        """Yield the live files of a ledger whose bytes are missing or altered, or on a spot that is broken.

        Raises:
            EnvironmentFaultError: what keeps the bytes is away, so that nobody knows what they are.
        """
        for file in ledger.files.values():
            name = blob_name(file.file_id, file.extension)
            try:
                damage = None if self.is_copy(ledger.user_id, name, file) else Damage.ALTERED
            except IntegrityFaultError:
                damage = None if self._left_meanwhile(ledger.user_id, file) else Damage.MISSING
            except UnreadableError:
                damage = Damage.UNREADABLE
            if damage is not None:
                yield DamagedFile(ledger.user_id, file, damage)

    def is_copy(self, user_id: str, name: str, file: LedgerFile) -> bool:
        """Tell whether a blob of the user has the bytes that were recorded of a file.

        Raises:
            IntegrityFaultError: there is no such blob.
            UnreadableError: the disk cannot read it.
            EnvironmentFaultError: it cannot be read for now.
        """
        digest, size_bytes = hashlib.sha256(), 0
        with self._blobs.open(user_id, name) as content:
            for chunk in _chunks(content, name):
                digest.update(chunk)
                size_bytes += len(chunk)
        return (digest.hexdigest(), size_bytes) == (file.sha256, file.size_bytes)

    def _left_meanwhile(self, user_id: str, file: LedgerFile) -> bool:
        """Tell whether a busy process removed the file since its ledger was loaded."""
        ledger = self.readable_ledger(user_id)
        return ledger is not None and file.file_id not in ledger.files


def _chunks(content: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the bytes of an open blob; what is open here is on a disk of this machine."""
    try:
        yield from iter(partial(content.read, READ_CHUNK_BYTES), b"")
    except OSError as error:
        msg = f"The disk cannot read the bytes of {name} ({error.strerror}). Check it."
        raise UnreadableError(msg) from error
