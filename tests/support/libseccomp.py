"""Filters of system calls as the runtimes of containers make them of their profiles: by libseccomp."""

import ctypes
import ctypes.util
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

_ALLOW, _EPERM = 0x7FFF0000, 0x00050001
_COMPARISONS = {"SCMP_CMP_EQ": 4, "SCMP_CMP_GT": 6}


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp` of seccomp.h."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@cache
def _library() -> ctypes.CDLL | None:
    """Return libseccomp, with which the runtimes of containers compile their profiles, if it is here."""
    name = ctypes.util.find_library("seccomp")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.seccomp_init.restype = ctypes.c_void_p
    return library


def is_present() -> bool:
    """Tell whether profiles can be compiled here."""
    return _library() is not None


def number_of(system_call: str) -> int:
    """Return the number of a system call here; below 0 when libseccomp knows none of that name."""
    library = _library()
    assert library is not None
    return int(library.seccomp_syscall_resolve_name(system_call.encode()))


@contextmanager
def compiled(profile: dict[str, Any], *also_denied: str) -> Iterator[Path]:
    """Yield a file with the filter that a runtime of containers would make of `profile`."""
    library = _library()
    assert library is not None
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    for rule in [*profile["syscalls"], {"names": also_denied}]:
        for name in rule["names"]:
            _add(library, context, name, rule.get("args", []))
    with tempfile.NamedTemporaryFile() as file:
        assert library.seccomp_export_bpf(context, file.fileno()) == 0
        os.fchmod(file.fileno(), 0o444)
        yield Path(file.name)
    library.seccomp_release(context)


def _add(library: ctypes.CDLL, context: ctypes.c_void_p, name: str, arguments: list[dict[str, Any]]) -> None:
    comparisons = [_Comparison(one["index"], _COMPARISONS[one["op"]], one["value"], 0) for one in arguments]
    array = (_Comparison * len(comparisons))(*comparisons)
    number = ctypes.c_int(number_of(name))
    added = library.seccomp_rule_add_array(context, ctypes.c_uint32(_EPERM), number, len(comparisons), array)
    assert added == 0, (name, added)
