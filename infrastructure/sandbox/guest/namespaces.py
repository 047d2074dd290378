"""Fork a process that is the first one of namespaces of its own.

With unshare(2) the pid namespace begins with the next fork only, so that another
process has to stand between that one and its maker, and memory is forked twice. clone(2)
does all in one step. The C library's `fork` takes no flags: what it and the
interpreter do around the call is done here, for a process of one thread.
"""

import ctypes
import os
import platform
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_ALL_BUT_USER = _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS | _NEWCGROUP
_CHILD_CLEARTID, _CHILD_SETTID = 0x200000, 0x1000000
_CLONE = {"x86_64": 56, "aarch64": 220}
_PR_GET_TID_ADDRESS = 40
_UNFIT = 96

_libc = ctypes.PyDLL(None, use_errno=True)  # it keeps the interpreter's lock, without which nobody may fork


def fork(become: Callable[[], NoReturn], *, user_namespace: bool) -> int:
    """Return the number of a child that calls `become` and has no namespace in common with its maker.

    With `user_namespace` that is new as well, and knows no user and no group but the maker's.

    Raises:
        OSError: the kernel refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    place = _place_of_thread_number()
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = _clone(_ALL_BUT_USER | (_NEWUSER if user_namespace else 0), place)
    if pid == 0:
        _begin(become, (uid, gid) if user_namespace else None)
    number = ctypes.get_errno()
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(number, f"no process with namespaces of its own: {os.strerror(number)}")
    return pid


def _begin(become: Callable[[], NoReturn], ids: tuple[int, int] | None) -> NoReturn:
    """Be the child: whatever happens, it must not go on as its maker would."""
    try:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        if ids is not None:
            _map_ids(*ids)
        become()
    except BaseException:  # noqa: BLE001 - the host reads it where it reads what the maker says
        traceback.print_exc()
    finally:
        os._exit(_UNFIT)


def _clone(flags: int, place: int) -> int:
    """Copy the process; of the call's arguments the two machines have the last two the other way round."""
    flags |= _CHILD_SETTID | _CHILD_CLEARTID | signal.SIGCHLD
    words = (_CLONE[platform.machine()], flags, 0, 0, place, place)
    return int(_libc.syscall(*map(ctypes.c_long, words)))


def _place_of_thread_number() -> int:
    """Return where the C library keeps the thread's number, by which its locks know their owner.

    The kernel has been told of it, and writes the child's number there: PR_GET_TID_ADDRESS in prctl(2).
    """
    place = ctypes.c_ulong()
    if _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(place), 0, 0, 0) < 0 or not place.value:
        number = ctypes.get_errno()
        raise OSError(number, "the kernel was built without CONFIG_CHECKPOINT_RESTORE")
    return place.value


def _map_ids(uid: int, gid: int) -> None:
    """Let the user namespace know one user and one group: user_namespaces(7)."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
