"""Which processes live."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure.runners import RunnerLocks


def test_a_process_is_alive_until_it_is_killed(tmp_path: Path) -> None:
    """The kernel drops a killed process's lock, and only then is it dead."""
    program = f"""
import sys
from pathlib import Path
import pytest

from infrastructure.runners import RunnerLocks
runners = RunnerLocks(Path({str(tmp_path)!r}))
print(runners.current(), flush=True)
sys.stdin.read()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path.cwd(),
    )
    with child:
        assert child.stdout is not None
        runner = child.stdout.readline().strip()
        runners = RunnerLocks(tmp_path)
        assert runners.is_alive(runner)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert not runners.is_alive(runner)
    assert list(tmp_path.iterdir()) == []


def test_this_process_is_alive_until_it_closes(tmp_path: Path) -> None:
    """An identity is stable while it is held."""
    mine, other = RunnerLocks(tmp_path), RunnerLocks(tmp_path)
    runner = mine.current()
    assert mine.current() == runner
    assert mine.is_alive(runner)
    assert other.is_alive(runner)
    mine.close()
    assert not other.is_alive(runner)


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/b", "\x00", "x" * 300, "1-0123456789ab/.."])
def test_what_is_no_runners_name_is_nobody_alive(tmp_path: Path, name: str) -> None:
    """An imported ledger may say anything ran there; a start must come through it."""
    assert not RunnerLocks(tmp_path / "runners").is_alive(name)
