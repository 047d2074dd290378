"""What holds a run's processes together: their memory and number, counted by somebody else than them."""

from typing import Protocol


class RunGroup(Protocol):
    """The processes of one run, seen as one."""

    def add(self, pid: int) -> None:
        """Put a process in, before it runs any user code; its children follow it.

        Raises:
            OSError: the kernel refuses.
        """

    def is_over_memory(self) -> bool:
        """Tell whether the run has used more memory than it may."""

    def remove(self) -> None:
        """Forget the group; all its processes are dead."""


class RunGroups(Protocol):
    """Makes groups by one mechanism."""

    @property
    def mechanism(self) -> str:
        """The mechanism in a word or two, for operators."""

    def new(self, name: str) -> RunGroup:
        """Make an empty group.

        Raises:
            OSError: the kernel refuses.
        """
