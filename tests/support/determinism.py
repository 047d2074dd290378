"""A guard in which clock, randomness, network and files raise, however they are reached."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, FrameType
from typing import Any

_FORBIDDEN_MODULES = {
    "time",
    "random",
    "_random",
    "_socket",
    "_ssl",
    "select",
    "_io",
    "_posixsubprocess",
    "_thread",
}
_FORBIDDEN_NAMES = {"urandom", "getrandom", "now", "utcnow", "today", "getpid", "stat", "open", "connect"}


class NondeterminismError(AssertionError):
    """Code that must depend on its arguments alone looked elsewhere."""


@contextmanager
def deterministic() -> Iterator[None]:
    """Let every call of a forbidden built-in function within the block raise.

    All of these end in functions of the interpreter's own, which the profiler sees
    before they are called.
    """
    before = sys.getprofile()
    sys.setprofile(_refuse)
    try:
        yield
    finally:
        sys.setprofile(before)


def _refuse(_frame: FrameType, event: str, called: Any) -> None:
    if event != "c_call" or called is sys.setprofile:
        return
    of = getattr(called, "__self__", None) if isinstance(called, BuiltinFunctionType) else None
    owner = of if isinstance(of, type) else type(of)
    modules = {getattr(called, "__module__", None), owner.__module__ if of is not None else None}
    in_clock = owner.__module__ == "datetime" or modules & {"posix", "sqlite3", "uuid"}
    if modules & _FORBIDDEN_MODULES or (in_clock and called.__name__ in _FORBIDDEN_NAMES):
        msg = f"{called.__qualname__} was called: the same events must always give the same documents"
        raise NondeterminismError(msg)
