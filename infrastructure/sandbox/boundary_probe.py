"""Find out, once, which boundary can be built here, by building it around a real process."""

import os
import platform
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from application.ports.sandbox import Check
from domain.errors import EnvironmentFaultError
from infrastructure.sandbox import bubblewrap, cgroups, remedies, seccomp
from infrastructure.sandbox.cells import CellError
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.enclosures import SingleEnclosures
from infrastructure.sandbox.groups import RunGroups
from infrastructure.sandbox.inputs import ForeignUidInputs, Inputs, ReadOnlyMountInputs
from infrastructure.sandbox.recipe import Recipe
from infrastructure.sandbox.single_cells import SingleCells
from infrastructure.sandbox.watchdog import Watchdog


@dataclass(frozen=True)
class Boundary:
    """Everything that a run needs, seen to work."""

    recipe: Recipe
    groups: RunGroups
    inputs: Inputs
    single: SingleEnclosures


@dataclass
class Probe:
    """What was found, a line each; `boundary` is None when any needed line is not ok."""

    checks: list[Check] = field(default_factory=list)
    boundary: Boundary | None = None

    def require(self) -> Boundary:
        """Return the boundary.

        Raises:
            EnvironmentFaultError: none can be built; says why, and what to do.
        """
        if self.boundary is not None:
            return self.boundary
        broken = next(check for check in self.checks if not check.ok)
        msg = f"Code cannot be run here: {broken.name}: {broken.detail}. {broken.remedy}"
        raise EnvironmentFaultError(msg)


def probe(config: SandboxConfig) -> Probe:
    """Build a boundary around a process that does nothing, look at it from outside, and take it down."""
    found = Probe()
    bwrap = bubblewrap.find_bwrap(config)
    found.checks += _prerequisites(config, bwrap)
    if bwrap is None or not all(check.ok for check in found.checks):
        return found
    as_root = os.getuid() == 0
    hidden = _hidden_from_others(config) if as_root else []
    if hidden:
        detail = f"{hidden[0]} cannot be read by the user id of a run"
        found.checks.append(Check("sandbox user", ok=False, detail=detail, remedy=remedies.UNREADABLE))
        return found
    bubblewrap.prepare(config)
    recipe = Recipe(config, bwrap, user_namespace=not as_root)
    single = SingleCells(recipe)
    try:
        single.make().close()
    except CellError as error:
        remedy = remedies.for_boundary(str(error))
        found.checks.append(Check("sandbox boundary", ok=False, detail=str(error), remedy=remedy))
        return found
    groups = cgroups.find(config) or Watchdog(config)
    inputs: Inputs = ForeignUidInputs() if as_root else ReadOnlyMountInputs(config, bwrap)
    found.boundary = Boundary(recipe, groups, inputs, SingleEnclosures(single, groups))
    found.checks += _mechanisms(as_root=as_root, groups=groups)
    return found


def _prerequisites(config: SandboxConfig, bwrap: Path | None) -> Sequence[Check]:
    machine = platform.machine()
    has_python = os.access(config.python, os.X_OK)
    has_filter = machine in seccomp.MACHINES
    return [
        _check("bubblewrap", bwrap is not None, f"{bwrap or 'not found'}", remedies.NO_BWRAP),
        _check(
            "seccomp", has_filter, f"{'a' if has_filter else 'no'} filter for {machine}", remedies.NO_MACHINE
        ),
        _check("code environment", has_python, str(config.python), remedies.NO_PYTHON),
    ]


def _hidden_from_others(config: SandboxConfig) -> list[Path]:
    """Return what a foreign user id cannot read, of the things that every run needs."""
    libraries = config.python.parent.parent / "lib"
    needed = [config.guest_folder, *config.guest_folder.rglob("*.py")]
    needed += [libraries, *libraries.glob("python*/site-packages"), Path(os.path.realpath(config.python))]
    return [path for path in needed if not _is_open_to_others(path.stat().st_mode)]


def _is_open_to_others(mode: int) -> bool:
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def _check(name: str, ok: bool, detail: str, remedy: str) -> Check:  # noqa: FBT001 - as in Check itself
    return Check(name, ok, detail, "" if ok else remedy)


def _mechanisms(*, as_root: bool, groups: RunGroups) -> Sequence[Check]:
    identity = "an unassigned user id for every run" if as_root else "a user namespace for every run"
    remedy = remedies.NO_CGROUP if isinstance(groups, Watchdog) else ""
    return [
        Check("sandbox boundary", ok=True, detail="namespaces, capabilities and filter, seen from outside"),
        Check("sandbox user", ok=True, detail=identity),
        Check("sandbox memory limit", ok=True, detail=groups.mechanism, remedy=remedy),
    ]
