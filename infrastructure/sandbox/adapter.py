"""The sandbox as the use cases see it."""

import threading
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from application.ports import Check, RunHost, RunRequest, RunResult
from domain.errors import EnvironmentFaultError
from infrastructure.sandbox import fonts
from infrastructure.sandbox.boundary_probe import Boundary, Probe, probe
from infrastructure.sandbox.broker import FileBroker
from infrastructure.sandbox.cells import CellError
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.sessions import Session

_FONTS_S = 120.0


class BubblewrapSandbox:
    """`Sandbox` that gives every run a locked-down process of its own."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._closing = threading.Event()
        self._first_use = threading.Lock()
        self._probe: Probe | None = None

    def run(self, request: RunRequest, host: RunHost) -> RunResult:
        """Run code to its end.

        Raises:
            EnvironmentFaultError: no boundary can be built here; names the remedy.
        """
        return self._run(self._prepared(host), request, host)

    def checks(self) -> Sequence[Check]:
        """Tell which mechanisms hold here; builds a boundary to find out, once."""
        return tuple(self._probed().checks)

    def close(self) -> None:
        """End every run and the helper processes."""
        self._closing.set()
        found = self._probe
        if found is not None and found.boundary is not None:
            found.boundary.inputs.close()

    def _run(self, boundary: Boundary, request: RunRequest, host: RunHost) -> RunResult:
        group = None
        try:
            cell = boundary.maker.make()
        except CellError as error:
            msg = f"The sandbox worked before and cannot be built now: {error}. See `fileledger doctor`."
            raise EnvironmentFaultError(msg) from error
        try:
            group = boundary.groups.new(uuid4().hex[:12])
            group.add(cell.pid)
            session = Session(
                self._config, cell, group, FileBroker(host, boundary.inputs, self._config.requests)
            )
            return session.run(request, host, self._closing.is_set)
        except (CellError, OSError) as error:
            msg = f"The sandbox lost hold of the run, which was stopped: {error}."
            raise EnvironmentFaultError(msg) from error
        finally:
            cell.close()
            if group is not None:
                group.remove()

    def _probed(self) -> Probe:
        with self._first_use:
            if self._probe is None:
                self._probe = probe(self._config)
            return self._probe

    def _prepared(self, host: RunHost) -> Boundary:
        """Return the boundary, and make what only the first run on a machine has to wait for."""
        boundary = self._probed().require()
        with self._first_use:
            folder = self._config.state_folder / "fonts"
            if not fonts.is_current(folder, self._libraries()):
                host.show_progress("looking for fonts (once)")
                request = RunRequest("fonts", "system", fonts.CODE, _FONTS_S)
                self._run(boundary, request, fonts.FontKeeper(folder))
                (folder / "checked").write_text("", encoding="ascii")
        return boundary

    def _libraries(self) -> Path:
        return self._config.python.parent.parent / "lib"
