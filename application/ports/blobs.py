"""What keeps files' bytes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Stray:
    """Bytes that nothing names. `where` is their place as `set_aside` takes it."""

    where: str
    size_bytes: int


class StagedBlob(Protocol):
    """Bytes on their way in; nobody can see them before `commit`."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""

    @property
    def sha256(self) -> str:
        """Digest of the bytes written so far, in hex."""

    def write(self, chunk: bytes) -> None:
        """Append bytes."""

    def commit(self, name: str) -> None:
        """Make the bytes durable under `name` in the user's folder."""


class BlobStore(Protocol):
    """Keeps files' bytes, a folder a user."""

    def stage(self, user_id: str) -> AbstractContextManager[StagedBlob]:
        """Open a staging blob; bytes not committed when the context ends are gone."""

    def open(self, user_id: str, name: str) -> BinaryIO:
        """Open a blob for reading; the file object has a real, read-only descriptor.

        Raises:
            IntegrityFaultError: the blob is missing.
            UnreadableError: the disk cannot read it. That may show at reading only, as an OSError.
        """

    def locate(self, user_id: str, name: str) -> str:
        """Return where the blob is, as text for operators (a path or a URL)."""

    def purge(self, user_id: str, name: str) -> int:
        """Remove a blob durably and return the bytes freed; 0 when it was gone already."""

    def names(self, user_id: str | None = None) -> Iterator[tuple[str, str]]:
        """Yield (user_id, name) of every committed blob, of one user or of all."""

    def discard_orphans(
        self, is_recorded: Callable[[str, str], bool], user_id: str | None = None
    ) -> list[str]:
        """Remove bytes, one user's or all, that no event names and no living process is about to record.

        `is_recorded(user_id, name)` tells whether the ledger knows a blob. Nothing that
        names a user without blobs is left. Returns what was removed, as text for operators.
        """

    def check(self) -> str:
        """Return where the bytes are kept and that they can be, as text for operators.

        Raises:
            EnvironmentFaultError: they cannot.
        """

    def strays(self, is_recorded: Callable[[str, str], bool]) -> Iterator[Stray]:
        """Yield the bytes that `discard_orphans` would remove, and whatever else is kept where blobs are."""

    def discard_set_aside(self, user_id: str) -> None:
        """Remove for good what was set aside of a user's."""

    def set_aside(self, where: str) -> str:
        """Move bytes out of the way for good, durably; return where they are, as text for operators.

        `where` is a stray's, or `user_id/name` of a blob. Bytes that are gone already are no error.
        """
