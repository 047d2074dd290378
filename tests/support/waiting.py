"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable

MOST_S = 30.0


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fail when it does not come to hold."""
    end = time.monotonic() + MOST_S
    while not condition():
        assert time.monotonic() < end, "the condition never came to hold"
        time.sleep(0.01)
