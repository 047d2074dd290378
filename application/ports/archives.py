"""What a user's archive is written to and read from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Member:
    """A file in an archive; `content` gives its bytes in pieces."""

    name: str
    content: Callable[[], Iterable[bytes]]


class OpenArchive(Protocol):
    """An archive that is being read; nothing in it is trusted."""

    def names(self) -> Sequence[str]:
        """Return the names of its members."""

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes in pieces.

        Raises:
            InvalidValueError: there is none of that name, or it is not what was written.
        """


class Archives(Protocol):
    """A format of archives. The same members give the same bytes."""

    def write(self, target: BinaryIO, members: Iterable[Member]) -> None:
        """Write members to a file that can be sought in.

        Raises:
            EnvironmentFaultError: it cannot be written.
        """

    def open(self, source: BinaryIO) -> AbstractContextManager[OpenArchive]:
        """Open an archive for reading.

        Raises:
            InvalidValueError: it is none of this format.
        """
