"""Why no boundary can be built on this machine, and what the operator can do about it."""

import os
from contextlib import suppress
from pathlib import Path

NO_BWRAP = "Install bubblewrap: run `make setup` again, or `apt install bubblewrap`."
NO_PYTHON = "Build the code environment: run `make setup`."
NO_MACHINE = "Run the program on x86_64 or aarch64; filters for other machines have not been written."
NO_CGROUP = (
    "Optional: run as a systemd service with Delegate=yes, which makes the memory limit exact and "
    "lets the kernel, not a watchdog, enforce it."
)

_APPARMOR = (
    "Ubuntu restricts user namespaces: install an AppArmor profile that lets bubblewrap use them "
    "(see the README), or set kernel.apparmor_restrict_unprivileged_userns=0 with sysctl."
)
_NO_USER_NAMESPACES = (
    "User namespaces are switched off: allow them with "
    "`sysctl kernel.unprivileged_userns_clone=1` or a higher `user.max_user_namespaces`, or run as root."
)
_CONTAINER = (
    "The container forbids namespaces: start it with `--security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined` and, when it runs as root, "
    "`--cap-add SYS_ADMIN`; never with --privileged."
)
UNREADABLE = (
    "The run's own user id must be able to read the code environment and the program's guest folder: "
    "`chmod -R a+rX` on both."
)
_SIGNS_OF_UNREADABLE = ("No such file", "ModuleNotFoundError", "can't open file", "execvp")
_UNKNOWN = "See the README on the sandbox for what it needs from the kernel (Linux 5.14 or newer)."


def for_boundary(what_was_said: str) -> str:
    """Return the remedy that fits this machine and the words of the part that failed."""
    if any(sign in what_was_said for sign in _SIGNS_OF_UNREADABLE):
        return UNREADABLE
    if _number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 and os.getuid() != 0:
        return _APPARMOR
    if 0 in {
        _number("/proc/sys/kernel/unprivileged_userns_clone"),
        _number("/proc/sys/user/max_user_namespaces"),
    }:
        return _NO_USER_NAMESPACES
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return _CONTAINER
    return _UNKNOWN


def _number(path: str) -> int | None:
    with suppress(OSError, ValueError):
        return int(Path(path).read_text(encoding="ascii"))
    return None
