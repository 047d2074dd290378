"""The test's end of the stage: has acts played, and decides at each step of theirs."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.program import PROJECT
from tests.support.supervised.calls import SENDING, Call, Listener


@dataclass(frozen=True)
class Played:
    """How an act ended: exit code (below 0: killed), what was acknowledged, and how many steps it had."""

    code: int
    notes: Sequence[Mapping[str, Any]]
    steps: int
    last: str = ""

    @property
    def was_killed(self) -> bool:
        """Whether it was."""
        return self.code == -signal.SIGKILL


@dataclass
class Watcher:
    """Counts the steps of an act: what its process does to the disk below a folder (and on the network).

    `at_step` is asked before each step is taken, and says whether it may be.
    """

    root: Path
    at_step: Callable[[int, Call], bool]
    with_network: bool = False
    process: int = 0
    steps: int = 0
    last: str = ""

    def judge(self, call: Call) -> int | None:
        """Let a call pass (0), or kill the process before it is made (None)."""
        if not Path(f"/proc/{self.process}/task/{call.thread}").exists() or not self._is_step(call):
            return 0
        self.steps += 1
        if self.at_step(self.steps, call):
            return 0
        self.last = str(call)
        os.kill(self.process, signal.SIGKILL)
        return None

    def _is_step(self, call: Call) -> bool:
        if call.name in SENDING:
            return self.with_network
        return f"{call.path}/".startswith(f"{self.root}/")


@dataclass
class Stage:
    """A process that plays acts in forks of itself; close it at the end."""

    modules: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start it; no coverage is measured in it: actors are killed, and would be as slow again."""
        self._supervisor, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.supervised.stage", str(theirs.fileno()), *self.modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=PROJECT,
                pass_fds=[theirs.fileno()],
                env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **self.environment},
            )

    def close(self) -> None:
        """End it."""
        self._process.communicate()
        self._supervisor.close()

    def play(
        self,
        act: str,
        root: Path,
        *,
        hours: float = 0,
        watcher: Watcher | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Played:
        """Play `module:function` on the folder `root`; with a watcher, step by step."""
        notes = notes_of(root)
        notes.touch()
        request = {
            "act": act,
            "root": str(root),
            "notes": str(notes),
            "hours": hours,
            "environment": dict(environment or {}),
            "supervised": watcher is not None,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        if watcher is not None:
            self._watch(watcher)
        code = int(self._process.stdout.readline())
        return Played(
            code, read_notes(root), watcher.steps if watcher else 0, watcher.last if watcher else ""
        )

    def _watch(self, watcher: Watcher) -> None:
        watcher.process = int(self._supervisor.recv(32))
        assert self._process.stdout is not None
        theirs, stdout = self._supervisor.fileno(), self._process.stdout.fileno()
        if theirs in select.select([theirs, stdout], [], [])[0]:  # else it ended before
            listener = Listener.receive(self._supervisor)
            assert listener is not None
            listener.serve(watcher.judge)


def notes_of(root: Path) -> Path:
    """Return the file of what was acknowledged on a scene."""
    return root.with_name(f"{root.name}.notes")


def read_notes(root: Path) -> Sequence[Mapping[str, Any]]:
    """Return what was acknowledged on a scene."""
    return [json.loads(line) for line in notes_of(root).read_text().splitlines()]


def drop_scene(root: Path) -> None:
    """Remove a scene."""
    shutil.rmtree(root)
    notes_of(root).unlink(missing_ok=True)
