"""Look at a locked-down process from outside: the kernel's word counts, not the guest's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_NAMESPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup")
_CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
_OWN_FOLDERS = {"/work", "/tmp", "/dev/shm"}  # noqa: S108 - mount points inside


def weaknesses(pid: int, siblings: Sequence[int] = ()) -> list[str]:
    """Return what is missing from the boundary around `pid`; nothing when it is whole.

    `siblings` are processes beside the host that it must share no namespace with, and no
    file system that it can write to.

    Raises:
        OSError: the process is gone.
    """
    status = _status(pid)
    others = {"the host": "self"} | {f"process {other}": str(other) for other in siblings}
    found = [
        f"shares the {name} namespace of {whose}"
        for whose, other in others.items()
        for name in _NAMESPACES
        if _namespace(pid, name) == _namespace(other, name)
    ]
    found += [f"has capabilities ({name})" for name in _CAPABILITY_SETS if int(status[name], 16)]
    if status["Seccomp"] != "2":
        found.append("has no filter of system calls")
    if status["NoNewPrivs"] != "1":
        found.append("may gain privileges")
    if "0" in status["Uid"].split() or "0" in status["Gid"].split():
        found.append("runs as root")
    return found + _weak_mounts(pid, siblings)


def parent(pid: int) -> int:
    """Return the process that a process belongs to.

    Raises:
        OSError: the process is gone.
    """
    return int(_status(pid)["PPid"])


def shared_memory(pid: int) -> list[str]:
    """Return the memory of a process that its forks could write to together.

    Raises:
        OSError: the process is gone.
    """
    lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if {"w", "s"} <= set(line.split()[1])]


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _namespace(pid: int | str, name: str) -> Path:
    return Path(f"/proc/{pid}/ns/{name}").readlink()


def _weak_mounts(pid: int, siblings: Sequence[int]) -> list[str]:
    """Return what is wrong with the file systems that can be written to."""
    writable = [mount for mount in _mounts(pid) if mount.is_writable]
    others = {mount.device: other for other in siblings for mount in _mounts(other)}
    kinds = {place: [mount.kind for mount in writable if mount.point == place] for place in _OWN_FOLDERS}
    return [
        *(f"can write to {place}" for place in sorted({mount.point for mount in writable} - _OWN_FOLDERS)),
        *(f"has no folder {place} of its own" for place in sorted(kinds) if kinds[place] != ["tmpfs"]),
        *(
            f"shares {mount.point} with process {others[mount.device]}"
            for mount in writable
            if mount.device in others
        ),
    ]


@dataclass(frozen=True)
class _Mount:
    """A line of mountinfo; `device` is the number of the file system."""

    device: str
    point: str
    is_writable: bool
    kind: str


def _mounts(pid: int) -> Iterator[_Mount]:
    """Yield what a process has mounted: format of mountinfo in proc_pid_mountinfo(5)."""
    lines = Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines:
        mounted, _, source = line.partition(" - ")
        _, _, device, _, point, options, *_ = mounted.split()
        yield _Mount(device, point, "rw" in options.split(","), source.split()[0])
