"""Who calls: a look at the stack, past the frames of Python's own machinery and of this folder."""

import os
import sys
from types import FrameType

LAYERS = "/layers"
_GUEST = os.path.dirname(os.path.abspath(__file__))
_PACKAGES = (f"{LAYERS}/", f"{sys.prefix}/")
_LIBRARIES = (
    "<frozen ",
    f"{_GUEST}/",
    *_PACKAGES,
    os.path.join(sys.base_prefix, "lib"),
)


def stack_level() -> int:
    """Return the `stacklevel` with which a warning of the caller's points at code that is no library."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 - the way to the stack
    while frame.f_back is not None and _is_library(frame):
        level, frame = level + 1, frame.f_back
    return level


def can_do_without() -> bool:
    """Tell whether it is a library that imports: what it tries, it may go without.

    But for what pandas needs for a method that was called, such as tabulate for
    `to_markdown`: it asks for all of that in one place, with `errors="raise"`.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and _is_library(frame):
        if frame.f_code.co_name == "import_optional_dependency":
            return bool(frame.f_locals.get("errors") != "raise")
        if frame.f_code.co_name == "<module>" or frame.f_code.co_filename.startswith(_PACKAGES):
            return True
        frame = frame.f_back
    return False


def is_a_mere_look() -> bool:
    """Tell whether `importlib.util.find_spec` wants to know if there is such a module, and not to run it."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and _is_library(frame):
        if frame.f_code.co_name == "find_spec" and frame.f_globals.get("__name__") == "importlib.util":
            return frame.f_back is None or frame.f_back.f_globals.get("__name__") != "runpy"  # python -m
        frame = frame.f_back
    return False


def _is_library(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_LIBRARIES)
