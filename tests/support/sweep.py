"""Sweeps over the steps of what is killed: whole in `make faults`, every few steps in `make test`."""

import os
from collections.abc import Iterator
from itertools import count
from secrets import randbelow

STRIDE = int(os.environ.get("FILELEDGER_SWEEP_STRIDE", "4"))


def steps() -> Iterator[int]:
    """Count steps from 1 on, without end; in strides, from a start that differs with each sweep."""
    return count(1 + randbelow(STRIDE), STRIDE)
