"""How often Python's cycle collector runs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 50_000


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Let the collector wait for more objects than a batch of events makes, in the whole process.

    Events hold no cycles and go as soon as nobody refers to them. The collector would look for cycles after
    every 700 of them, and, the longer the ledger, the more often at all that lives.
    """
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
