"""Processes of the sandbox that stop in their tracks (SIGSTOP): a run ends all the same, the next works."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.ports.sandbox import RunRequest
from domain.executions import Outcome
from infrastructure.sandbox import zygote
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.fault_table import record
from tests.support.sandboxes import RecordingHost, Runs, await_spares, config, opened, spares_check

FAULT = "sandbox process stopped (SIGSTOP)"
LIMIT_S = 1.0
PATIENCE_S, SLACK_S = 2.0, 4.0


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BubblewrapSandbox]:
    """A sandbox with two spares ready, less patient than usual with who does not answer."""
    monkeypatch.setattr(zygote, "_FORK_S", PATIENCE_S)
    with opened(config(tmp_path, spares=2)) as made:
        await_spares(made)
        yield made


def zygote_of(sandbox: BubblewrapSandbox) -> int:
    """Return the process that spares are forked from."""
    words = spares_check(sandbox).detail.split()
    return int(words[words.index("process") + 1].rstrip(","))


def children(pid: int) -> list[int]:
    """Return the processes that a process has begun."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.thorough
@pytest.mark.parametrize("whose", ["zygote", "spare"])
def test_a_stopped_process_costs_time_and_no_run(sandbox: BubblewrapSandbox, whose: str) -> None:
    """Runs after it work, in seconds, and one that does not end is ended by its limit with clear words."""
    await_spares(sandbox)
    mother = zygote_of(sandbox)
    stopped = {"zygote": [mother], "spare": children(mother)}[whose]
    assert stopped
    waits = len(stopped)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    result = sandbox.run(RunRequest("run-1", "alice", "while True: pass", LIMIT_S), RecordingHost())
    assert time.monotonic() - began < waits * PATIENCE_S + LIMIT_S + SLACK_S
    assert result.outcome is Outcome.TIMED_OUT, result
    assert "limit of 1 s" in result.explanation
    works = [Runs(sandbox).printed("print('works')") for _ in range(4)]
    assert works == ["works"] * 4
    record(
        FAULT,
        f"run: {whose}",
        times=len(stopped),
        acknowledged=5,
        says=result.explanation,
        recovers="by itself",
    )
