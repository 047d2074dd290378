"""Gets uv, the installer that does the rest, from the package index, checked against pinned hashes.

pip is the only thing that can be expected to fetch it, and Debian ships Python without pip. So the ways to
a pip are tried from the cheapest to the dearest; none of them needs root or changes the system.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from interpreters import Interpreter
from steps import SetupError, run, say

_QUIET_PIP = {"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

_Way = Callable[[Path, Path], list[str] | None]
"""Takes an interpreter and a scratch folder; returns the command that acts as `pip install`, or None."""


def install_uv(lock: Path, target: Path, interpreters: list[Interpreter]) -> None:
    """Install the uv that `lock` pins into `target`, as `target/bin/uv`.

    Raises:
        SetupError: No way worked; its message names the command that helps.
    """
    with tempfile.TemporaryDirectory(prefix="setup-") as scratch:
        for installer in _installers(interpreters, Path(scratch)):
            options = ["--quiet", "--require-hashes", "--target", str(target), "--requirement", str(lock)]
            if run([*installer, *options], may_fail=True, env=_QUIET_PIP | os.environ) == 0:
                return
            say("that way failed; trying the next")
    message = "could not install uv: no pip works here. On Debian or Ubuntu: apt-get install python3-venv"
    raise SetupError(message)


def _installers(interpreters: list[Interpreter], scratch: Path) -> Iterator[list[str]]:
    """Yield every `pip install` command that this machine can offer, made only when asked for."""
    ways: tuple[_Way, ...] = (_own_pip, _pip_of_a_venv, _installed_uv, _pip_of_the_distribution)
    for way in ways:
        for number, interpreter in enumerate(interpreters):
            folder = scratch / f"{way.__name__}-{number}"
            folder.mkdir()
            installer = way(interpreter.path, folder)
            if installer is not None:
                yield installer


def _own_pip(python: Path, _scratch: Path) -> list[str] | None:
    """Use the pip that is installed beside the interpreter."""
    pip = [str(python), "-m", "pip"]
    return [*pip, "install"] if _works([*pip, "--version"]) else None


def _pip_of_a_venv(python: Path, scratch: Path) -> list[str] | None:
    """Make a throw-away venv, which gets the pip that the interpreter carries within itself."""
    if not _works([str(python), "-m", "venv", str(scratch)]):
        return None
    return [str(scratch / "bin" / "python"), "-m", "pip", "install"]


def _installed_uv(python: Path, _scratch: Path) -> list[str] | None:
    """Use a uv of any version that is already on the PATH to install the pinned one."""
    uv = shutil.which("uv")
    return [uv, "pip", "install", "--python", str(python)] if uv else None


def _pip_of_the_distribution(python: Path, scratch: Path) -> list[str] | None:
    """Fetch Debian's own pip wheel with apt into a scratch folder, which an ordinary user may do."""
    if shutil.which("apt-get") is None:
        return None
    say("this Python has no pip: borrowing the distribution's, unpacked in a temporary folder")
    lists, archives = scratch / "lists", scratch / "cache" / "archives"
    for folder in (lists, archives):
        (folder / "partial").mkdir(parents=True)
    # Lists and caches of our own: the system's belong to root, and a small image has none.
    apt = ["apt-get", "-qq", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={archives.parent}"]
    apt += [
        "-o",
        "APT::Sandbox::User=root",
    ]  # as root, apt would else try another user, who cannot write there
    if run([*apt, "update"], may_fail=True) != 0:
        return None
    if run([*apt, "download", "python3-pip-whl"], may_fail=True, cwd=scratch) != 0:
        return None
    for package in scratch.glob("*.deb"):
        run(["dpkg-deb", "--extract", str(package), str(scratch)])
    wheels = os.pathsep.join(str(wheel) for wheel in scratch.glob("usr/share/python-wheels/pip-*.whl"))
    return ["env", f"PYTHONPATH={wheels}", str(python), "-m", "pip", "install"]


def _works(command: list[str]) -> bool:
    """Tell whether a command exists and ends well, whatever it says."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
