"""How late a process wakes up that only sleeps: what the machine adds to every measurement."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

NAP_S = 0.01
_SLEEPER = f"""
import time
print(flush=True)
while True:
    began = time.monotonic()
    time.sleep({NAP_S})
    print(time.monotonic() - began - {NAP_S}, flush=True)
"""


@contextmanager
def sleeper() -> Iterator[list[float]]:
    """Let a process nap during the block; yield what then holds how late it woke each time, in seconds."""
    late_s: list[float] = []
    with subprocess.Popen([sys.executable, "-c", _SLEEPER], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield late_s
        finally:
            process.kill()
            late_s += [float(line) for line in process.communicate()[0].splitlines()[1:-1]]
