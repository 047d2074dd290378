"""What all ways of running Python have in common."""

from pathlib import Path
from typing import Protocol

from benchmarks.sandbox.jobs import Job

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-sandbox" / "bin" / "python"
PEERS_PYTHON = ROOT / ".venv-benchmarks" / "bin" / "python"
NOT_INSTALLED = ".venv-benchmarks is missing: `make bench-sandbox` installs it from the package index"


class LeftOutError(Exception):
    """A peer cannot run on this machine; the text says why."""


class Way(Protocol):
    """A way of running Python code, ready to be used."""

    def run(self, job: Job) -> str:
        """Do a job and return what it printed. This is what the clock is held to.

        Raises:
            BenchmarkError: the job failed.
        """

    def finish(self, job: Job) -> bytes:
        """Clear up behind the last run, and return the picture that it made, if any."""


def peers_packages() -> Path:
    """Return the folder of the packages that only peers need.

    Raises:
        LeftOutError: it is not there.
    """
    folders = list(PEERS_PYTHON.parent.parent.glob("lib/python*/site-packages"))
    if not folders or not PEERS_PYTHON.exists():
        raise LeftOutError(NOT_INSTALLED)
    return folders[0]


def variables(folder: Path) -> dict[str, str]:
    """Return the environment of every peer: what the sandbox sets, too, and nothing else."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    places = {"HOME": str(folder), "MPLCONFIGDIR": str(folder / "matplotlib"), "PATH": "/usr/bin"}
    return {**places, **threads, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}


def taken_picture(folder: Path, job: Job) -> bytes:
    """Return the picture that a job left in a folder, and remove it."""
    if not job.picture:
        return b""
    picture = (folder / job.picture).read_bytes()
    (folder / job.picture).unlink()
    return picture
