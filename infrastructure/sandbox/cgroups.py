"""Control groups, version 2 and 1, below the group that this process is in.

Formats: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of the
kernel. A group of ours is named `fileledger-{pid}-{run}`, so that what a killed
process left behind can be told and removed.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.groups import RunGroup, RunGroups

_PREFIX = "fileledger-"
_LEAF = "fileledger-host"
_ROOT = Path("/sys/fs/cgroup")
_REMOVE_S = 2.0


class CgroupRun:
    """One run's control group: one folder a hierarchy."""

    def __init__(self, folders: list[Path], events: Path) -> None:
        self._folders = folders
        self._events = events

    def add(self, pid: int) -> None:
        """Move a process in."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def is_over_memory(self) -> bool:
        """Tell whether the kernel has killed for memory in here."""
        lines = self._events.read_text(encoding="ascii").splitlines()
        return any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in lines)

    def remove(self) -> None:
        """Remove the folders; the kernel may take a moment to see that they are empty."""
        for folder in self._folders:
            end = time.monotonic() + _REMOVE_S
            while not _removed(folder) and time.monotonic() < end:
                time.sleep(0.005)


class CgroupV2:
    """Groups of the unified hierarchy, where memory and pids were delegated to us."""

    mechanism = "cgroup v2"

    def __init__(self, parent: Path, config: SandboxConfig) -> None:
        self._parent = parent
        self._limits = {
            "memory.max": str(group_memory_bytes(config)),
            "memory.swap.max": "0",
            "memory.oom.group": "1",
            "pids.max": str(config.processes),
            "cpu.max": f"{config.cpus * 100_000} 100000",
        }

    def new(self, name: str) -> RunGroup:
        """Make a group with its limits; those that this kernel does not offer are left out."""
        folder = self._parent / f"{_PREFIX}{os.getpid()}-{name}"
        folder.mkdir()
        _write_limits(folder, self._limits, needed=("memory.max", "pids.max"))
        return CgroupRun([folder], folder / "memory.events")

    def sweep(self) -> None:
        """Remove what killed processes left behind."""
        _sweep(self._parent)


class CgroupV1:
    """Groups of the separate memory and pids hierarchies."""

    mechanism = "cgroup v1"

    def __init__(self, memory: Path, pids: Path, config: SandboxConfig) -> None:
        self._memory, self._pids = memory, pids
        self._config = config

    def new(self, name: str) -> RunGroup:
        """Make a group in both hierarchies."""
        base = f"{_PREFIX}{os.getpid()}-{name}"
        memory, pids = self._memory / base, self._pids / base
        limit = str(group_memory_bytes(self._config))
        memory.mkdir()
        _write_limits(
            memory,
            {"memory.limit_in_bytes": limit, "memory.memsw.limit_in_bytes": limit, "memory.swappiness": "0"},
            needed=("memory.limit_in_bytes",),
        )
        pids.mkdir()
        _write_limits(pids, {"pids.max": str(self._config.processes)}, needed=("pids.max",))
        return CgroupRun([memory, pids], memory / "memory.oom_control")

    def sweep(self) -> None:
        """Remove what killed processes left behind."""
        _sweep(self._memory)
        _sweep(self._pids)


def find(config: SandboxConfig, root: Path = _ROOT, own: str | None = None) -> RunGroups | None:
    """Return the kind of control groups that this process may make, or None.

    `own` is the text of `/proc/self/cgroup`.
    """
    text = Path("/proc/self/cgroup").read_text(encoding="utf-8") if own is None else own
    paths = dict(_own_paths(text))
    for groups in _candidates(config, root, paths):
        if _works(groups):
            groups.sweep()
            return groups
    return None


def group_memory_bytes(config: SandboxConfig) -> int:
    """Return what a group may hold: the processes' memory, and the folders that live in memory."""
    return config.memory_bytes + 2 * config.disk_bytes


def _sweep(folder: Path) -> None:
    """Remove the empty groups of processes that are gone."""
    for leftover in folder.glob(f"{_PREFIX}*"):
        owner = leftover.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _removed(leftover)


def _own_paths(text: str) -> Iterator[tuple[str, str]]:
    """Yield (controller, path below its mount); the unified hierarchy has no controller's name."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path.lstrip("/")


def _candidates(config: SandboxConfig, root: Path, paths: dict[str, str]) -> Iterator["CgroupV1 | CgroupV2"]:
    if "" in paths and (root / "cgroup.controllers").exists():
        delegated = delegated_folder(root / paths[""])
        for way in ([] if delegated is None else [delegated], [root, root / "fileledger"]):
            if way and _made_ready(way):
                yield CgroupV2(way[-1], config)
    if "memory" in paths and "pids" in paths:
        yield CgroupV1(root / "memory" / paths["memory"], root / "pids" / paths["pids"], config)


def delegated_folder(own: Path) -> Path | None:
    """Return the group that systemd delegated to us, if any, with this process moved into a leaf of it.

    Processes and groups with limits may not stand side by side, so the leaf has to be.
    """
    folder = own.parent if own.name == _LEAF else own
    if not _is_delegated(folder):
        return None
    with suppress(OSError):
        leaf = folder / _LEAF
        leaf.mkdir(exist_ok=True)
        for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split():
            (leaf / "cgroup.procs").write_text(pid, encoding="ascii")
        return folder
    return None


def _is_delegated(folder: Path) -> bool:
    for name in ("user.delegate", "trusted.delegate"):
        with suppress(OSError):
            return os.getxattr(folder, name) == b"1"
    return False


def _made_ready(way: list[Path]) -> bool:
    """Make the groups on the way down, and let each hand on the controllers of memory and pids."""
    with suppress(OSError):
        for folder in way:
            folder.mkdir(exist_ok=True)
            enabled = (folder / "cgroup.subtree_control").read_text(encoding="ascii").split()
            if not {"memory", "pids"} <= set(enabled):
                (folder / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
        return True
    return False


def _works(groups: "CgroupV1 | CgroupV2") -> bool:
    try:
        group = groups.new("probe")
    except OSError:
        return False
    group.remove()
    return True


def _write_limits(folder: Path, limits: dict[str, str], needed: tuple[str, ...]) -> None:
    try:
        for name, value in limits.items():
            if name in needed or (folder / name).exists():
                with suppress(*(() if name in needed else (OSError,))):
                    (folder / name).write_text(value, encoding="ascii")
    except OSError:
        _removed(folder)
        raise


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
