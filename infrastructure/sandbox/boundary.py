"""Look at a locked-down process from outside: the kernel's word counts, not the guest's."""

from collections.abc import Sequence
from pathlib import Path

_NAMESPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup")
_CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
_OWN_FOLDERS = {"/work", "/tmp", "/dev/shm"}  # noqa: S108 - mount points inside
_MOUNT_POINT, _OPTIONS = 4, 5


def weaknesses(pid: int, siblings: Sequence[int] = ()) -> list[str]:
    """Return what is missing from the boundary around `pid`; nothing when it is whole.

    `siblings` are processes beside the host that it must share no namespace with.

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
    return found + _weak_mounts(pid)


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


def _weak_mounts(pid: int) -> list[str]:
    """Return what is wrong with the file systems: format of mountinfo in proc_pid_mountinfo(5)."""
    lines = Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    writable: dict[str, list[str]] = {}
    for line in lines:
        words, kind = line.split(" - ")[0].split(), line.split(" - ")[1].split()[0]
        if "rw" in words[_OPTIONS].split(","):
            writable.setdefault(words[_MOUNT_POINT], []).append(kind)
    found = [f"can write to {place}" for place in sorted(writable.keys() - _OWN_FOLDERS)]
    return found + [
        f"has no folder {place} of its own"
        for place in sorted(_OWN_FOLDERS)
        if writable.get(place) != ["tmpfs"]
    ]
