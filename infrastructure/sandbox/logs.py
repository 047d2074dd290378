"""What a helper process says before it fails."""

import os
from contextlib import suppress
from typing import Self

_MOST_BYTES = 4096


class Log:
    """A pipe for a helper's stderr that nobody ever waits for, at neither end."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def __enter__(self) -> Self:
        """Use the log as a context, closed at its end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def read(self) -> str:
        """Return the words that wait, without blanks around them."""
        with suppress(BlockingIOError):
            return os.read(self._reader, _MOST_BYTES).decode(errors="replace").strip()
        return ""

    def close(self) -> None:
        """Close both ends."""
        os.close(self._reader)
        os.close(self.writer)
