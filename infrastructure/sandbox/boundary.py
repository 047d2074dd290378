"""Look at a locked-down process from outside: the kernel's word counts, not the guest's."""

from pathlib import Path

_NAMESPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup")
_CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def weaknesses(pid: int) -> list[str]:
    """Return what is missing from the boundary around `pid`; nothing when it is whole.

    Raises:
        OSError: the process is gone.
    """
    status = _status(pid)
    found = [f"shares the host's {name} namespace" for name in _NAMESPACES if _shares(pid, name)]
    found += [f"has capabilities ({name})" for name in _CAPABILITY_SETS if int(status[name], 16)]
    if status["Seccomp"] != "2":
        found.append("has no filter of system calls")
    if status["NoNewPrivs"] != "1":
        found.append("may gain privileges")
    if "0" in status["Uid"].split() or "0" in status["Gid"].split():
        found.append("runs as root")
    return found


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _shares(pid: int, name: str) -> bool:
    return Path(f"/proc/{pid}/ns/{name}").readlink() == Path(f"/proc/self/ns/{name}").readlink()
