"""Cells that each have a bubblewrap and an interpreter of their own: slower to get, and never absent."""

import subprocess
from functools import partial

from infrastructure.sandbox import channel
from infrastructure.sandbox.cells import Cell, CellError, CellSockets, make_cell
from infrastructure.sandbox.logs import Log
from infrastructure.sandbox.recipe import Recipe

_START_S = 30.0


class SingleCells:
    """A `CellMaker` that starts one process tree a cell."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def make(self) -> Cell:
        """Return a cell.

        The thread that calls this must outlive the cell (see `Recipe.spawn`).

        Raises:
            CellError: no boundary could be built.
        """
        with Log() as log:
            try:
                return make_cell(partial(self._start, log), timeout_s=_START_S)
            except (channel.ProtocolError, OSError) as error:
                raise CellError(log.read() or str(error)) from error

    def _start(self, log: Log, cell: Cell, theirs: CellSockets) -> None:
        process = self._recipe.spawn("supervisor.py", theirs.control, log.writer)
        cell.release = partial(_end, process)
        channel.send(cell.control, self._recipe.spec(), theirs.of_the_run)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
