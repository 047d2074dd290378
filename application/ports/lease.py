"""What one process of several does alone, until it dies."""

from typing import Protocol


class Lease(Protocol):
    """Held by one process at a time; it falls free when that process dies, however it dies."""

    def take(self) -> bool:
        """Take it if nobody has it, and return whether it is ours; again, to learn whether it still is.

        Never blocks for long.

        Raises:
            EnvironmentFaultError: who keeps it does not answer: nobody knows.
        """

    def release(self) -> None:
        """Leave it to others."""
