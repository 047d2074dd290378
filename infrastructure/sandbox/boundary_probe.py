"""Find out, once, which boundary can be built here, by building it around a real process."""

import os
import platform
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from application.ports.sandbox import Check
from domain.errors import EnvironmentFaultError
from infrastructure.sandbox import bubblewrap, cgroups, mechanisms, remedies, seccomp
from infrastructure.sandbox.cells import CellError
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.enclosures import SingleEnclosures
from infrastructure.sandbox.groups import RunGroups
from infrastructure.sandbox.inputs import ForeignUidInputs, InputError, Inputs, ReadOnlyMountInputs
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
    as_root = os.getuid() == 0
    bwrap = bubblewrap.find_bwrap(config)
    found.checks += _prerequisites(config, bwrap, as_root=as_root)
    if bwrap is None or not all(check.ok for check in found.checks):
        return found
    bubblewrap.prepare(config)
    groups = cgroups.find(config) or Watchdog(config)
    recipe = Recipe(config, bwrap, user_namespace=not as_root, shares_memory=not isinstance(groups, Watchdog))
    single = SingleCells(recipe)
    try:
        single.make().close()
    except CellError as error:
        found.checks += _why_there_is_none(str(error), bwrap, as_root=as_root)
        return found
    inputs: Inputs = ForeignUidInputs() if as_root else ReadOnlyMountInputs(config, bwrap)
    found.boundary = Boundary(recipe, groups, inputs, SingleEnclosures(single, groups))
    found.checks += [*mechanisms.holding(user_namespace=not as_root), *_seen_around_a_cell(as_root=as_root)]
    found.checks += _limits(config, groups)
    return found


def check_inputs(config: SandboxConfig, inputs: Inputs) -> Check:
    """Hand a file of our own over, as to a run, and tell whether and how that works."""
    try:
        with (
            tempfile.NamedTemporaryFile(dir=config.state_folder) as file,
            Path(file.name).open("rb") as reading,
        ):
            os.close(inputs.share(reading.fileno()))
    except (InputError, OSError) as error:
        return Check("sandbox files", ok=False, detail=str(error), remedy=remedies.UNKNOWN)
    as_root = isinstance(inputs, ForeignUidInputs)
    how = (
        "read-only by user id: a run's owns none"
        if as_root
        else "read-only by mount: opened anew through one"
    )
    return Check("sandbox files", ok=True, detail=how)


def _prerequisites(config: SandboxConfig, bwrap: Path | None, *, as_root: bool) -> Sequence[Check]:
    machine = platform.machine()
    return [
        mechanisms.program(bwrap),
        _code_environment(config, as_root=as_root),
        _check(
            "sandbox system calls",
            f"a filter for {machine}" if machine in seccomp.MACHINES else f"no filter for {machine}",
            "" if machine in seccomp.MACHINES else remedies.NO_MACHINE,
        ),
    ]


def _code_environment(config: SandboxConfig, *, as_root: bool) -> Check:
    name = "code environment"
    if not os.path.lexists(config.python):
        return _check(name, f"{config.python} does not exist", remedies.NO_PYTHON)
    if not os.access(config.python, os.X_OK):
        return _check(name, f"{config.python} cannot be started by this user", remedies.UNREADABLE)
    is_open = _is_open_to_others if as_root else _is_open_to_us
    hidden = next((path for path in _needed_by_a_run(config) if not is_open(path)), None)
    if hidden is not None:
        return _check(name, f"{hidden} cannot be read by the user id of a run", remedies.UNREADABLE)
    return _check(name, str(config.python), "")


def _needed_by_a_run(config: SandboxConfig) -> Iterator[Path]:
    libraries = config.python.parent.parent / "lib"
    yield from (config.guest_folder, *config.guest_folder.rglob("*.py"))
    yield from (libraries, *libraries.glob("python*/site-packages"), Path(os.path.realpath(config.python)))


def _is_open_to_us(path: Path) -> bool:
    return os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))


def _is_open_to_others(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def _check(name: str, detail: str, remedy: str) -> Check:
    """Return a line that is well when nothing has to be done."""
    return Check(name, ok=not remedy, detail=detail, remedy=remedy)


def _why_there_is_none(words: str, bwrap: Path, *, as_root: bool) -> Sequence[Check]:
    """Return a line for each mechanism; what the whole said matters when every single one works."""
    checks = mechanisms.tried(bwrap, user_namespace=not as_root)
    if all(check.ok for check in checks):
        remedy = remedies.for_failure(words, bwrap)
        return [*checks, Check("sandbox boundary", ok=False, detail=words, remedy=remedy)]
    without = Check("sandbox boundary", ok=False, detail="not without these", remedy="Mend them first.")
    return [*checks, without]


def _seen_around_a_cell(*, as_root: bool) -> Sequence[Check]:
    """Return what the look from outside found; it finds nothing missing, or there is no boundary."""
    identity = "an unassigned one for every run" if as_root else f"{os.getuid()}, this program's own"
    return [
        Check("sandbox capabilities", ok=True, detail="none, and no way to gain any"),
        Check("sandbox user id", ok=True, detail=identity),
        Check("sandbox boundary", ok=True, detail="the whole, around a process, was looked at from outside"),
    ]


def _limits(config: SandboxConfig, groups: RunGroups) -> Sequence[Check]:
    is_watched = isinstance(groups, Watchdog)
    remedy = remedies.NO_CGROUP if is_watched else ""
    counted = "limit of the user id" if is_watched else f"{groups.mechanism} and limit of the user id"
    return [
        Check(
            "sandbox memory limit",
            ok=True,
            detail=f"{config.memory_mb} MB: {groups.mechanism}",
            remedy=remedy,
        ),
        Check("sandbox process limit", ok=True, detail=f"{config.processes}: {counted}"),
    ]
