"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable

MOST_S = 30.0


def quickest_s(action: Callable[[], object], times: int = 3) -> float:
    """Return the shortest time of several: what a busy machine adds, it rarely adds to all."""
    taken: list[float] = []
    for _ in range(times):
        began = time.monotonic()
        action()
        taken.append(time.monotonic() - began)
    return min(taken)


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fail when it does not come to hold."""
    end = time.monotonic() + MOST_S
    while not condition():
        assert time.monotonic() < end, "the condition never came to hold"
        time.sleep(0.01)
