"""Real machines and containers where something is missing: made of namespaces, filters and mounts.

A confinement is a command line that starts another program inside it, as an
ordinary user without capabilities (in a user namespace, where that is uid 1000).
"""

import ctypes
import ctypes.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from infrastructure.sandbox import bubblewrap
from tests.support.program import PROJECT
from tests.support.sandboxes import SANDBOX_PYTHON, config

BWRAP = bubblewrap.find_bwrap(config(Path("unused")))
CONTAINER_FILTER = PROJECT / "deploy/docker/seccomp.json"
_FILTER_FD = 9
_ALLOW, _EPERM = 0x7FFF0000, 0x00050001
_COMPARISONS = {"SCMP_CMP_EQ": 4, "SCMP_CMP_GT": 6}


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp` of seccomp.h."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def ordinary_user(*options: str) -> list[str]:
    """Return a command that starts a program as uid 1000, with `options` of bubblewrap around it."""
    return [
        str(BWRAP),
        "--unshare-user",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--dev-bind",
        "/",
        "/",
        *options,
        "--",
    ]


def without_user_namespaces(allowed: int = 0) -> list[str]:
    """Return a command that starts a program where no more than `allowed` user namespaces can be made."""
    script = f'echo {allowed} > /proc/sys/user/max_user_namespaces && exec setpriv {_NO_CAPABILITIES} "$@"'
    return [
        "unshare",
        "--user",
        "--map-user=1000",
        "--map-group=1000",
        "--keep-caps",
        "sh",
        "-c",
        script,
        "sh",
    ]


_NO_CAPABILITIES = "--ambient-caps=-all --inh-caps=-all"


def with_bare_cgroup2() -> list[str]:
    """Return a command that starts a program where the unified hierarchy has no controllers for it."""
    script = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'
    return [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "--cgroup",
        "sh",
        "-c",
        script,
        "sh",
        *ordinary_user(),
    ]


def filtered(filter_file: Path) -> list[str]:
    """Return a command that starts a program behind a filter, as a container's runtime does."""
    script = f'exec {_FILTER_FD}<"$0"; exec "$@"'
    return ["sh", "-c", script, str(filter_file), *ordinary_user("--seccomp", str(_FILTER_FD))]


def is_possible() -> bool:
    """Tell whether this machine can make confinements at all."""
    ended = subprocess.run([*ordinary_user(), "true"], check=False, capture_output=True)
    return ended.returncode == 0


def checks_in(confinement: list[str], state_folder: Path, **changes: str) -> dict[str, dict[str, Any]]:
    """Return what doctor finds of the sandbox inside a confinement, by name."""
    command = [*confinement, sys.executable, "-c", _LOOK, str(state_folder), json.dumps(changes)]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return {check["name"]: check for check in json.loads(ended.stdout)}


_LOOK = f"""
import json, sys
from dataclasses import asdict
from pathlib import Path
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.config import SandboxConfig
paths = {{"python": {str(SANDBOX_PYTHON)!r}, "state_folder": sys.argv[1]}} | json.loads(sys.argv[2])
sandbox = BubblewrapSandbox(SandboxConfig(spares=0, **{{name: Path(path) for name, path in paths.items()}}))
print(json.dumps([asdict(check) for check in sandbox.checks()]))
sandbox.close()
"""


@cache
def _library() -> ctypes.CDLL | None:
    """Return libseccomp, with which the runtimes of containers compile their profiles, if it is here."""
    name = ctypes.util.find_library("seccomp")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.seccomp_init.restype = ctypes.c_void_p
    return library


def has_libseccomp() -> bool:
    """Tell whether profiles can be compiled here."""
    return _library() is not None


def number_of(system_call: str) -> int:
    """Return the number of a system call here; below 0 when libseccomp knows none of that name."""
    library = _library()
    assert library is not None
    return int(library.seccomp_syscall_resolve_name(system_call.encode()))


@contextmanager
def compiled(profile: dict[str, Any], *also_denied: str) -> Iterator[Path]:
    """Yield a file with the filter that a runtime of containers would make of `profile`."""
    library = _library()
    assert library is not None
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    for rule in [*profile["syscalls"], {"names": also_denied}]:
        for name in rule["names"]:
            _add(library, context, name, rule.get("args", []))
    with tempfile.NamedTemporaryFile() as file:
        assert library.seccomp_export_bpf(context, file.fileno()) == 0
        os.fchmod(file.fileno(), 0o444)
        yield Path(file.name)
    library.seccomp_release(context)


def _add(library: ctypes.CDLL, context: ctypes.c_void_p, name: str, arguments: list[dict[str, Any]]) -> None:
    comparisons = [_Comparison(one["index"], _COMPARISONS[one["op"]], one["value"], 0) for one in arguments]
    array = (_Comparison * len(comparisons))(*comparisons)
    number = ctypes.c_int(number_of(name))
    added = library.seccomp_rule_add_array(context, ctypes.c_uint32(_EPERM), number, len(comparisons), array)
    assert added == 0, (name, added)
