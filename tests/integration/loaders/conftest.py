"""Files of every type, written by other libraries, loaded by `load_file` in the code environment."""

import fcntl
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from domain.file_types import HEAD_BYTES, identify
from tests.integration.loaders.samples import Sample

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
GUEST = ROOT / "infrastructure" / "sandbox" / "guest"
PYTHON = ROOT / ".venv-sandbox" / "bin" / "python"
FILE_ID = "abcdefghijkl"


@dataclass(frozen=True)
class Loaded:
    """What `load_file` made of a file: the described object or an error, and what it printed."""

    label: str
    printed: str
    object: Any = None
    error: str = ""


class Laboratory:
    """Runs scripts under the interpreter of the code environment.

    Each start is dear, so an answer is kept for all test processes that share the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.imports: Sequence[str] = ()

    def produce(self) -> None:
        """Write every file."""
        self.folder.mkdir(exist_ok=True)
        self._ask("produce_files.py", str(self.folder))

    def produce_samples(self) -> None:
        """Write the files of `samples.py`."""
        self.folder.mkdir(exist_ok=True)
        self._ask("produce_samples.py", str(self.folder))

    def write(self, name: str, content: bytes) -> None:
        """Put a file among the others, at once, so that no other test process sees a part of it."""
        part = self.folder.with_name(f"{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(self.folder / name)

    def run(self, codes: Sequence[str], filename: str = "") -> list[dict[str, Any]]:
        """Run pieces of code in which `FILE_ID` is the file of that name."""
        granted = {"file_id": FILE_ID, **self._request(filename, {})} if filename else None
        cases = [{"code": code, "granted": granted} for code in codes]
        answers: list[dict[str, Any]] = json.loads(
            self._ask("run_code.py", str(GUEST), stdin=json.dumps(cases))
        )
        return answers

    def load(self, cases: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Loaded]:
        """Load files by name with options."""
        return self._answers([self._request(name, options) for name, options in cases])

    def look(self, samples: Sequence[Sample]) -> list[Loaded]:
        """Load files by name, and look at each as its sample says."""
        return self._answers([self._request(each.name, {}) | {"look": each.look} for each in samples])

    def _answers(self, requests: Sequence[Mapping[str, Any]]) -> list[Loaded]:
        reply = json.loads(self._ask("observe_files.py", str(GUEST), stdin=json.dumps(requests)))
        self.imports = reply["imports"]
        return [
            Loaded(request["file_type"], **answer)
            for request, answer in zip(requests, reply["answers"], strict=True)
        ]

    def _request(self, filename: str, options: Mapping[str, Any]) -> dict[str, Any]:
        path = self.folder / filename
        with path.open("rb") as file:
            found = identify(filename, file.read(HEAD_BYTES))
        return {
            "path": str(path),
            "filename": filename,
            "file_type": found.label,
            "beside": {each.name: str(each) for each in path.parent.glob(f"{path.stem}.*")},
            "options": dict(options),
            "look": "",
        }

    def _ask(self, script: str, *arguments: str, stdin: str = "") -> str:
        """Return what a script prints, from an earlier run with the same input when there was one."""
        question = sha256("\0".join([script, *arguments, stdin]).encode()).hexdigest()
        kept = self.folder.with_name(f"{question}.json")
        with self.folder.with_name("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                kept.write_text(self._run(script, *arguments, stdin=stdin), encoding="utf-8")
        return kept.read_text(encoding="utf-8")

    def _run(self, script: str, *arguments: str, stdin: str) -> str:
        if not PYTHON.exists():
            pytest.fail(f"{PYTHON} is missing: `make setup` builds it.")
        environment = {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder.parent), "PYTHONUTF8": "1"}
        command = [str(PYTHON), "-W", "error::ResourceWarning", str(HERE / script), *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    """The laboratory, with every file written."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = Laboratory(shared / "files of every type")
    made.produce()
    return made
