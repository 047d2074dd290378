"""Real machines and containers where something is missing: made of namespaces, filters and mounts.

A confinement is a command line that starts another program inside it, as an
ordinary user without capabilities (in a user namespace, where that is uid 1000).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from infrastructure.sandbox import bubblewrap
from tests.support.program import PROJECT
from tests.support.sandboxes import SANDBOX_PYTHON, config

BWRAP = bubblewrap.find_bwrap(config(Path("unused")))
_FILTER_FD = 9
_NO_CAPABILITIES = "--ambient-caps=-all --inh-caps=-all"
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


def ordinary_user(*options: str) -> list[str]:
    """Return a command that starts a program as uid 1000, with `options` of bubblewrap around it."""
    user = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--dev-bind", "/", "/"]
    return [str(BWRAP), *user, *options, "--"]


def without_user_namespaces(allowed: int = 0) -> list[str]:
    """Return a command that starts a program where no more than `allowed` user namespaces can be made."""
    script = f'echo {allowed} > /proc/sys/user/max_user_namespaces && exec setpriv {_NO_CAPABILITIES} "$@"'
    user = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps"]
    return [*user, "sh", "-c", script, "sh"]


def with_bare_cgroup2() -> list[str]:
    """Return a command that starts a program where the unified hierarchy has no controllers for it."""
    script = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'
    root = ["unshare", "--user", "--map-root-user", "--mount", "--cgroup"]
    return [*root, "sh", "-c", script, "sh", *ordinary_user()]


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
