"""The virtual environments of a checkout: what each is for, what fills it, and whether it is up to date.

    .venv              the program; for developers the tools that test it, too
    .venv-sandbox      what users' code can import; mounted read-only where that code runs
    .venv-mongodb      the embedded MongoDB server, a separate program under another licence
    .venv-model-server the server that plays the language model in tests: Node.js and packages for it
    .venv-transcript   the browser that draws the transcript of docs/discord.md; only that asks for it
    .venv-llama        llama.cpp and a small model, to chat with; only `make chat-llama` asks for it
    .venv-benchmarks   what the sandbox is measured beside; only benchmarks ask for it

Each has a lock of its own, and none can import from another.
"""

import hashlib
import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"


@dataclass(frozen=True)
class Environment:
    """One virtual environment."""

    name: str
    folder: Path
    lock: Path
    holds_project: bool = False
    """Whether the project itself is installed into it (editable: edits show at once)."""
    is_shared: bool = False
    """Whether another user id must be able to read it: interpreter, files and all."""
    newest_python: tuple[int, int] | None = None
    """The newest (major, minor) that its packages exist for; with newer ones only, it is left out."""
    without_it: str = ""
    """What to do where it is left out."""
    node_packages: Path | None = None
    """A folder with package.json and package-lock.json, for the Node.js that the environment holds."""
    tests_dropped: tuple[str, ...] = ()
    """Packages whose own test suites are deleted after installation, to save disk."""
    files_dropped: tuple[str, ...] = ()
    """Patterns of files, below site-packages, that are deleted for the same reason."""

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The file that says what the environment was made of; absent while it is being made."""
        return self.folder / ".setup-stamp"

    @property
    def node_files(self) -> tuple[Path, ...]:
        """What is to be installed for Node.js, and its lock."""
        folder = self.node_packages
        return () if folder is None else (folder / "package.json", folder / "package-lock.json")

    def is_current(self) -> bool:
        """Tell whether it was made, to the end, of just what it would be made of now."""
        return self._read_stamp() == self._describe()

    def keeps_interpreter(self) -> bool:
        """Tell whether it was completed here, on the interpreter that still stands below it."""
        return self.python.exists() and self._read_stamp().startswith(self._describe_interpreter())

    def mark_current(self) -> None:
        """Write down what it was made of."""
        self.stamp.write_text(self._describe())

    def _read_stamp(self) -> str:
        try:
            return self.stamp.read_text()
        except OSError:
            return ""

    def _describe(self) -> str:
        contents = hashlib.sha256(b"".join(path.read_bytes() for path in (self.lock, *self.node_files)))
        contents.update("\n".join((*self.tests_dropped, *self.files_dropped)).encode())
        if self.holds_project:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text())
            installed_from = [project["project"], project["build-system"], project["tool"]["uv"]]
            contents.update(json.dumps(installed_from).encode())
        return f"{self._describe_interpreter()}{self.lock.name} {contents.hexdigest()}\n"

    def _describe_interpreter(self) -> str:
        """Name folder and interpreter; reads otherwise when either was moved, replaced or removed."""
        python = Path(os.path.realpath(self.python))
        try:
            status = python.stat()
        except FileNotFoundError:
            return f"{self.folder} without an interpreter\n"
        return f"{self.folder} on {python} {status.st_size} {status.st_mtime_ns}\n"


def environments(asked_for: set[str]) -> list[Environment]:
    """Return the environments of this checkout; test tools, once installed, stay.

    `asked_for` may hold `dev`, `transcript`, `llama` and `benchmarks`.
    """
    host = ROOT / ".venv"
    dev = "dev" in asked_for or (host / "bin" / "pytest").exists()
    others = [each for each in (_TRANSCRIPT, _LLAMA, _BENCHMARKS) if each.name in asked_for]
    return [*_of_the_program(host, dev=dev), *([_MODEL_SERVER] if dev else []), *others]


_MODEL_SERVER = Environment(
    "model-server",
    ROOT / ".venv-model-server",
    REQUIREMENTS / "model-server.txt",
    node_packages=REQUIREMENTS / "model-server",
)

_TRANSCRIPT = Environment(
    "transcript",
    ROOT / ".venv-transcript",
    REQUIREMENTS / "model-server.txt",
    node_packages=REQUIREMENTS / "transcript",
)

_LLAMA = Environment("llama", ROOT / ".venv-llama", REQUIREMENTS / "llama.txt")

# On the interpreter that the sandbox's is on, so that nothing but the start of a run differs.
_BENCHMARKS = Environment(
    "benchmarks", ROOT / ".venv-benchmarks", REQUIREMENTS / "benchmarks.txt", is_shared=True
)


def _of_the_program(host: Path, *, dev: bool) -> list[Environment]:
    return [
        Environment("host", host, REQUIREMENTS / ("dev.txt" if dev else "host.txt"), holds_project=True),
        Environment(
            "mongodb",
            ROOT / ".venv-mongodb",
            REQUIREMENTS / "embedded-mongodb.txt",
            newest_python=(3, 13),
            without_it="set MONGODB_URI to a server, or install such a Python and run `make clean setup`",
        ),
        Environment(
            "sandbox",
            ROOT / ".venv-sandbox",
            REQUIREMENTS / "sandbox.txt",
            is_shared=True,
            # A sixth of the whole. Not those of h5py, numexpr and tables, which import their tests.
            tests_dropped=(
                "geopandas",
                "icalendar",
                "matplotlib",
                "mpl_toolkits",
                "networkx",
                "numpy",
                "pandas",
                "pyarrow",
                "pyogrio",
                "scipy",
                "shapely",
                "sklearn",
                "statsmodels",
                "xarray",
            ),
            # What speaks to other machines, which no run can: Arrow's own remote calls, and S3.
            files_dropped=(
                "pyarrow/_flight.*",
                "pyarrow/_s3fs.*",
                "pyarrow/flight.py",
                "pyarrow/libarrow_flight.*",
                "pyarrow/libarrow_python_flight.*",
                "pyarrow/libarrow_s3.*",
            ),
        ),
    ]
