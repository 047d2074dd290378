"""The program as a person or a script starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.ready_program import ready_program

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("fileledger")
TIMEOUT_S = 90
_KEPT = ("PATH", "LANG", "COVERAGE_")


@dataclass
class Program:
    """`fileledger` on one data folder, with its own environment and current folder."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    wrapper: Sequence[str] = ()

    def start(self, *arguments: str, **how: Any) -> subprocess.Popen[str]:
        """Start a command; no setting of the person who runs the tests gets in."""
        return subprocess.Popen(
            [*self.wrapper, *self._command(arguments)],
            env=self._environment(),
            cwd=self.data_dir.parent,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **how},
        )

    def run(
        self, *arguments: str, stdin: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        In a fork of a process that has imported the program, unless how it is started matters.
        """
        if not self.wrapper and "PYTHONPATH" not in self.environment:
            command, work = self._command(arguments), self.data_dir.parent
            return ready_program().run(command, self._environment(), work, stdin or "", timeout_s)
        how = {} if stdin is None else {"stdin": subprocess.PIPE}
        with self.start(*arguments, **how) as process:
            try:
                out, err = process.communicate(stdin, timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [str(COMMAND), "--data-dir", str(self.data_dir), *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        return {**kept, "HOME": str(self.data_dir.parent), **self.environment}

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with --json, check its exit code, and return its document."""
        ended = self.run(*arguments, "--json")
        assert ended.returncode == code, ended.stderr + ended.stdout
        return json.loads(ended.stdout)

    def console(
        self, *lines: str, user: str = "alice", timeout_s: float = TIMEOUT_S
    ) -> subprocess.CompletedProcess[str]:
        """Say lines to the console."""
        said = "".join(f"{line}\n" for line in lines)
        return self.run("console", "--user", user, stdin=said, timeout_s=timeout_s)

    def on_disk(self) -> set[str]:
        """Return the names of every file under user_files and staging."""
        folders = (self.data_dir / "user_files", self.data_dir / "staging")
        return {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}
