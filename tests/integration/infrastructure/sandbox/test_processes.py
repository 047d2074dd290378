"""Telling from outside that a process has come to rest."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infrastructure.sandbox.processes import comes_to_rest

_SOON_S = 1.0


@contextmanager
def python(code: str) -> Iterator[int]:
    """Run code that prints a line when it is under way; yield its pid."""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("threads", [0, 3])
def test_a_stopped_process_without_children_is_at_rest(threads: int) -> None:
    """All of its threads count, and one that was not stopped is not at rest."""
    code = f"""
import threading, time
def spin():
    while True: pass
for _ in range({threads}):
    threading.Thread(target=spin).start()
print('up', flush=True)
time.sleep(60)
"""
    with python(code) as pid:
        assert not comes_to_rest(pid, 0.02)
        os.kill(pid, signal.SIGSTOP)
        assert comes_to_rest(pid, _SOON_S)


def test_a_process_with_a_child_is_never_at_rest() -> None:
    """Its child goes on, even when it is stopped itself; a dead child that nobody buried counts, too."""
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nprint('up', flush=True)\ntime.sleep(60)"
    with python(code) as pid:
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        assert not comes_to_rest(pid, _SOON_S)
        assert time.monotonic() - began < _SOON_S


def test_a_process_that_is_gone_is_an_error() -> None:
    """There is nothing to be at rest."""
    with python("print('up')") as pid:
        pass
    with pytest.raises(OSError, match="No such"):
        comes_to_rest(pid, _SOON_S)
