"""A cell and the group that holds its processes: all that a run needs to be started."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol

from application.ports.sandbox import Check
from infrastructure.sandbox.cells import Cell, CellError, CellMaker
from infrastructure.sandbox.groups import RunGroup, RunGroups


@dataclass(frozen=True)
class Enclosure:
    """A cell that is already in its group."""

    cell: Cell
    group: RunGroup

    def close(self) -> None:
        """Kill what still lives and give everything back."""
        self.cell.close()
        self.group.remove()


class Enclosures(Protocol):
    """Where runs get theirs."""

    def take(self) -> Enclosure:
        """Return one that no other run has had or will have.

        Raises:
            CellError: none can be made.
        """

    def warm(self) -> None:
        """Begin, in the background, to make what will be wanted."""

    def check(self) -> Check:
        """Tell an operator what is kept ready, and what it costs."""

    def close(self) -> None:
        """Keep none ready any longer."""


def enclose(maker: CellMaker, groups: RunGroups) -> Enclosure:
    """Make a cell and put it into a new group.

    Raises:
        CellError: the cell or the group cannot be made.
    """
    cell = maker.make()
    group = None
    try:
        group = groups.new(token_hex(6))
        group.add(cell.pid)
    except OSError as error:
        cell.close()
        if group is not None:
            group.remove()
        msg = f"the run cannot be put into a group: {error}"
        raise CellError(msg) from error
    return Enclosure(cell, group)


class SingleEnclosures:
    """`Enclosures` that are made when they are wanted."""

    def __init__(self, maker: CellMaker, groups: RunGroups) -> None:
        self._maker, self._groups = maker, groups

    def take(self) -> Enclosure:
        """Make one."""
        return enclose(self._maker, self._groups)

    def warm(self) -> None:
        """Nothing is made before it is wanted."""

    def check(self) -> Check:
        """Tell that nothing is kept ready."""
        return Check("sandbox spares", ok=True, detail="none: every run starts an interpreter", optional=True)

    def close(self) -> None:
        """Nothing is kept."""
