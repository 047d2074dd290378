"""The sandbox as the use cases see it."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from application.ports.progress import Progress, Stage
from application.ports.sandbox import Check, RunHost, RunRequest, RunResult
from domain.errors import EnvironmentFaultError
from domain.executions import Outcome
from infrastructure.sandbox import bubblewrap, fonts
from infrastructure.sandbox.boundary_probe import Boundary, Probe, check_inputs, probe
from infrastructure.sandbox.broker import Broker
from infrastructure.sandbox.cells import CellError, UnstartedError
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.enclosures import Enclosure, Enclosures
from infrastructure.sandbox.no_packages import NoPackages
from infrastructure.sandbox.packages.source import PackageSource
from infrastructure.sandbox.provisioning import Provisioning
from infrastructure.sandbox.sessions import Session
from infrastructure.sandbox.spares import SpareEnclosures

_FONTS_S = 120.0


class BubblewrapSandbox:
    """`Sandbox` that gives every run a locked-down process of its own.

    Imports that are missing inside are provided by `packages`; without a source, none are.
    """

    def __init__(self, config: SandboxConfig, packages: PackageSource | None = None) -> None:
        self._packages = packages or NoPackages(config.layers_folder)
        self._config = replace(config, layers=self._packages.folder)
        self._closing = threading.Event()
        self._closer = ThreadPoolExecutor(1, "sandbox-closer")
        self._first_use = threading.Lock()
        self._probe: Probe | None = None
        self._enclosures: Enclosures | None = None

    def run(self, request: RunRequest, host: RunHost) -> RunResult:
        """Run code to its end.

        Raises:
            EnvironmentFaultError: no boundary can be built here; names the remedy.
        """
        boundary, enclosures = self._prepared(host)
        return self._run(boundary, enclosures, request, host)

    def warm(self) -> None:
        """Do in the background what the first run would have to wait for."""
        threading.Thread(target=self._warm, name="sandbox-warm-up", daemon=True).start()

    def checks(self) -> Sequence[Check]:
        """Tell which mechanisms hold here; builds a boundary to find out, once."""
        with self._first_use:
            checks = list(self._found_once)
            if self._enclosures is not None:
                checks.append(self._enclosures.check())
            return checks

    def close(self) -> None:
        """End every run and the helper processes."""
        self._closing.set()
        with self._first_use:
            found, enclosures = self._probe, self._enclosures
        self._closer.shutdown()
        if enclosures is not None:
            enclosures.close()
        if found is not None and found.boundary is not None:
            found.boundary.inputs.close()

    def _run(
        self, boundary: Boundary, enclosures: Enclosures, request: RunRequest, host: RunHost
    ) -> RunResult:
        for source in (*[enclosures] * (self._config.spares + 1), boundary.single):
            with suppress(UnstartedError):
                return self._run_in(_taken(source), boundary, request, host)
        msg = "The sandbox made processes that ended before they could run the code. Try again."
        raise EnvironmentFaultError(msg)

    def _run_in(
        self, enclosure: Enclosure, boundary: Boundary, request: RunRequest, host: RunHost
    ) -> RunResult:
        """Run the code and give the enclosure up.

        To keep variables between the runs of one conversation, the enclosure would be
        put by here, under user and `conversation_id`, instead of being closed. Its
        process would then ask for the next code as it asks for everything: at the
        listener, which the host holds for as long as the cell lives. Its output would
        go on in the same pipes, its files would be collected while it is frozen.
        """
        config = self._config
        packages = Provisioning(
            self._packages, request.user_id, modules=config.modules, seconds=config.install_s
        )
        broker = Broker(host, boundary.inputs, packages)
        session = Session(config, enclosure.cell, enclosure.group, broker, packages)
        try:
            return session.run(request, host, self._closing.is_set)
        except UnstartedError:
            raise
        except (CellError, OSError) as error:
            msg = f"The sandbox lost hold of the run, which was stopped: {error}."
            raise EnvironmentFaultError(msg) from error
        finally:
            self._give_up(enclosure)

    def _give_up(self, enclosure: Enclosure) -> None:
        """Close it while nobody waits: nothing of it runs any more."""
        try:
            self._closer.submit(enclosure.close)
        except RuntimeError:  # the sandbox is closed
            enclosure.close()

    def _warm(self) -> None:
        with suppress(EnvironmentFaultError):  # which the first run, or `doctor`, will tell
            _, enclosures = self._prepared(fonts.FontKeeper(self._font_folder()))
            enclosures.warm()

    @cached_property
    def _found_once(self) -> Sequence[Check]:
        """What does not change while the program runs, with what only an operator asks for."""
        found = self._probed()
        if found.boundary is None:
            return found.checks
        return [*found.checks, check_inputs(self._config, found.boundary.inputs)]

    def _probed(self) -> Probe:
        """Return what was found out; the caller holds the lock."""
        if self._probe is None:
            self._probe = probe(self._config)
            if self._probe.boundary is not None:
                self._enclosures = _enclosures(self._config, self._probe.boundary)
        return self._probe

    def _prepared(self, host: RunHost) -> tuple[Boundary, Enclosures]:
        """Return the boundary, and make what only the first run on a machine has to wait for."""
        with self._first_use:
            boundary = self._probed().require()
            assert self._enclosures is not None  # noqa: S101 - as there is a boundary
            self._look_for_fonts(boundary, host)
            return boundary, self._enclosures

    def _look_for_fonts(self, boundary: Boundary, host: RunHost) -> None:
        folder = self._font_folder()
        if not fonts.is_current(folder, self._libraries()):
            host.show_progress(Progress(Stage.FONTS))
            request = RunRequest("fonts", "system", fonts.CODE, _FONTS_S)
            result = self._run(boundary, boundary.single, request, fonts.FontKeeper(folder))
            if result.outcome is not Outcome.INTERRUPTED:
                (folder / "checked").write_text("", encoding="ascii")

    def _font_folder(self) -> Path:
        return self._config.state_folder / bubblewrap.FONTS.name

    def _libraries(self) -> Path:
        return self._config.python.parent.parent / "lib"


def _taken(enclosures: Enclosures) -> Enclosure:
    try:
        return enclosures.take()
    except CellError as error:
        msg = f"The sandbox worked before and cannot be built now: {error}. See `fileledger doctor`."
        raise EnvironmentFaultError(msg) from error


def _enclosures(config: SandboxConfig, boundary: Boundary) -> Enclosures:
    if not config.spares:
        return boundary.single
    return SpareEnclosures(config, boundary.recipe, boundary.groups, boundary.single)
