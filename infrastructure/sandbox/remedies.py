"""Why no boundary can be built on this machine, and what the operator can do about it.

The cause is told from what this process can see of its own confinement, not from
the words of a failure alone: the kernel says EPERM to everything.
"""

import os
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]

NO_BWRAP = "Install bubblewrap: run `make setup` again, or `apt install bubblewrap`."
BAD_BWRAP = (
    "Put one that works in its place: `make clean setup` for the one in .venv, else `apt install --reinstall "
    "bubblewrap`. Its folder must not be mounted noexec."
)
NO_PYTHON = "Build the code environment: run `make setup`."
NO_MACHINE = "Run the program on x86_64 or aarch64; filters for other machines have not been written."
NO_CGROUP = (
    "Optional: where this program may make control groups (as root, or as a systemd service with "
    "Delegate=yes) the kernel holds the limit, exactly; a watchdog looks 20 times a second."
)
UNREADABLE = (
    "The run's own user id must be able to read the code environment and the program's guest folder: "
    "`chmod -R a+rX` on both, or `make setup` as the user who starts the program."
)
UNKNOWN = "See docs/sandbox.md for what the sandbox needs from the kernel (Linux 5.14 or newer)."

_APPARMOR = (
    "Ubuntu keeps user namespaces from programs without an AppArmor profile. Load ours, which names the one "
    "bubblewrap used here: `{command}`."
)
_APPARMOR_IN_CONTAINER = (
    "The machine's AppArmor keeps user namespaces from this container. On the machine load our profile, "
    "`sudo apparmor_parser --replace deploy/apparmor/fileledger-container`, and start the container with "
    "`--security-opt apparmor=fileledger-container`."
)
_SWITCHED_OFF = "It is switched off on this machine: `sudo sysctl {setting}={value}`."
_NESTING = "Raise the limits on namespaces (`sysctl -a | grep max_.*_namespaces`) or nest fewer containers."
_ROOT_WITHOUT_POWER = (
    "The program is root without root's capabilities, as in a container. Start it as an ordinary user with "
    "the options of deploy/docker/compose.yaml; never with --privileged."
)
_HIDDEN_PROC = (
    "Something covers a part of /proc, and the kernel then lets nobody have a new one. Start the container "
    "with `--security-opt systempaths=unconfined` (see deploy/docker/compose.yaml); in a systemd unit "
    "leave out ProtectKernelTunables=, ProtectKernelLogs= and ProtectProc=."
)
_CONFINED = (
    "What confines this program ({by}) forbids it. In a container use the options of "
    "deploy/docker/compose.yaml (user, seccomp, apparmor, systempaths), never --privileged; in a systemd "
    "unit leave out RestrictNamespaces= and SystemCallFilter=."
)

_SIGNS_OF_UNREADABLE = ("No such file", "ModuleNotFoundError", "can't open file", "execvp")
_SIGNS_OF_A_LIMIT = ("ENOSPC", "No space left on device")
_SIGN_OF_HIDDEN_PROC = "mount proc"
_NAMESPACE_LIMITS = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
_NEEDED_BY_ROOT = (5, 6, 7, 8, 12, 21)  # CAP_KILL, SETGID, SETUID, SETPCAP, NET_ADMIN (loopback), SYS_ADMIN


def for_failure(words: str, bwrap: Path) -> str:
    """Return the remedy that fits this machine and the words with which bubblewrap, or the guest, failed."""
    if any(sign in words for sign in _SIGNS_OF_UNREADABLE):
        return UNREADABLE
    if (setting := next(_switched_off(), None)) is not None:
        return setting
    if any(sign in words for sign in _SIGNS_OF_A_LIMIT):
        return _NESTING
    if _SIGN_OF_HIDDEN_PROC in words:
        return _HIDDEN_PROC
    if os.getuid() == 0 and not _has_roots_capabilities():
        return _ROOT_WITHOUT_POWER
    return _for_confinement(bwrap)


def _for_confinement(bwrap: Path) -> str:
    profile = _text("/proc/self/attr/current").removesuffix(" (enforce)")
    is_contained = _is_contained()
    if _number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") and profile == "unconfined":
        command = shlex.join(["sudo", str(_PROJECT / "deploy/apparmor/install.sh"), str(bwrap)])
        return _APPARMOR_IN_CONTAINER if is_contained else _APPARMOR.format(command=command)
    by = ["a filter of system calls"] if _status("Seccomp") == "2" else []
    by += [f"AppArmor's profile {profile}"] if profile not in {"", "unconfined"} else []
    by += ["a container"] if is_contained else []
    return _CONFINED.format(by=", ".join(by)) if by else UNKNOWN


def _is_contained() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _switched_off() -> Iterator[str]:
    """Yield how to switch on what a setting of the kernel switches off."""
    if _number("/proc/sys/kernel/unprivileged_userns_clone") == 0 and os.getuid() != 0:
        yield _SWITCHED_OFF.format(setting="kernel.unprivileged_userns_clone", value=1)
    for kind in _NAMESPACE_LIMITS:
        if _number(f"/proc/sys/user/max_{kind}_namespaces") == 0:
            yield _SWITCHED_OFF.format(setting=f"user.max_{kind}_namespaces", value=10_000)


def _has_roots_capabilities() -> bool:
    held = int(_status("CapEff") or "0", 16)
    return all(held >> capability & 1 for capability in _NEEDED_BY_ROOT)


def _status(name: str) -> str:
    """Return a field of this process's status: proc_pid_status(5)."""
    lines = (line.partition(":") for line in _text("/proc/self/status").splitlines())
    return next((value.strip() for field, _, value in lines if field == name), "")


def _number(path: str) -> int | None:
    with suppress(ValueError):
        return int(_text(path))
    return None


def _text(path: str) -> str:
    """Return what a file of the kernel says, nothing when it does not exist here."""
    with suppress(OSError):
        return Path(path).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    return ""
