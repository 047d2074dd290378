"""A process that has imported the program, and runs commands in forks of itself.

A command takes a second to import what it needs, and the tests run some hundred. Beside
that nothing differs: each has a process, an environment and streams of its own.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_SERVER = Path(__file__).with_name("forked_commands.py")


class ReadyProgram:
    """Runs one command at a time."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, str(_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        text: str,
        timeout_s: float,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, with `text` on its stdin.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout_s`, and was killed.
        """
        with tempfile.TemporaryDirectory() as streams:
            stdin, stdout, stderr = (Path(streams, name) for name in ("stdin", "stdout", "stderr"))
            stdin.write_text(text, encoding="utf-8")
            stdout.touch()
            stderr.touch()
            request = {
                "command": list(command),
                "env": dict(environment),
                "cwd": str(folder),
                **{path.name: str(path) for path in (stdin, stdout, stderr)},
            }
            code = self._answer(request, timeout_s)
            return subprocess.CompletedProcess(
                command, code, stdout.read_text(encoding="utf-8"), stderr.read_text(encoding="utf-8")
            )

    def close(self) -> None:
        """End the process, which then writes down what it has run (see coverage)."""
        self._server.communicate()

    def _answer(self, request: Mapping[str, object], timeout_s: float) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._server.stdout, selectors.EVENT_READ)
            if not waiting.select(timeout_s):
                os.killpg(self._server.pid, signal.SIGKILL)
                ready_program.cache_clear()
                raise subprocess.TimeoutExpired(str(request["command"]), timeout_s)
        return int(self._server.stdout.readline())


@cache
def ready_program() -> ReadyProgram:
    """Return the one of this test process."""
    return ReadyProgram()
