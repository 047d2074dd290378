"""Modules that are missing inside: the host is asked, and may have layers of packages for them.

Layers come after everything else on `sys.path`, so that none can take the place of
a module that is here already.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder

import calling
import host_channel

_MOST_AT_ONCE = 50
_WORK = "/work"

_asked: set[str] = set()
_refusals: dict[str, str] = {}


def fetch_ahead(names: Iterable[str]) -> None:
    """Ask once for all of these modules that are not here, before the code that imports them runs."""
    missing = [name for name in names if _is_missing(name)]
    if missing:
        with suppress(host_channel.HostGoneError):
            _fetch(missing[:_MOST_AT_ONCE])


def require(names: Sequence[str]) -> None:
    """Have these modules provided, where they are not here.

    Raises:
        ModuleNotFoundError: the host says why one of them is not to be had.
    """
    missing = [name for name in names if _is_missing(name)]
    if missing:
        _fetch([])  # what other processes of the run were given may hold them
    wanted = [name for name in missing if _is_missing(name)]
    if wanted:
        _fetch(wanted)
        invalidate_caches()
    for name in wanted:
        if name in _refusals:
            raise ModuleNotFoundError(_refusals[name], name=name)


def find(name: str) -> ModuleSpec | None:
    """Find a module in the layers of the run, or in one that the host adds for it.

    Raises:
        ModuleNotFoundError: the host says why there is none.
    """
    if calling.can_do_without():
        return None
    spec = PathFinder.find_spec(name)
    with suppress(host_channel.HostGoneError):
        # First what other processes of the run were given: the module may be in there.
        for question in ([], [name]):
            if spec is None and name not in _asked:
                _fetch(question)
                spec = PathFinder.find_spec(name)
    if spec is None and name in _refusals and not calling.is_a_mere_look():
        raise ModuleNotFoundError(_refusals[name], name=name)
    return spec


def _fetch(names: Sequence[str]) -> None:
    reply, _ = host_channel.ask({"import": names})
    layers = [f"{calling.LAYERS}/{folder}" for folder in reply["layers"]]
    sys.path += [folder for folder in layers if folder not in sys.path]
    _refusals.update(reply["refused"])
    _asked.update(names)


def _is_missing(name: str) -> bool:
    """Look for a module everywhere but in the working folder, whose files the code has yet to write."""
    if name in sys.modules or name in sys.stdlib_module_names:
        return False
    return PathFinder.find_spec(name, [path for path in sys.path if path != _WORK]) is None
