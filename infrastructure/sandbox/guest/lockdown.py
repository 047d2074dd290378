"""Lock the calling process down for hostile code, by system calls alone.

It is alone in its namespaces by then (`namespaces`). Two ways lead to the same end.
With a user namespace (the host is an ordinary user) the others belong to it, and its
id map names one uid. Without (the host is root) the capabilities that bubblewrap kept
made the namespaces, and the process then becomes a uid of its own. Either way it ends without capabilities,
without a way to gain any, and behind a filter of system calls.
"""

import ctypes
import os
import resource
import signal
import struct
from contextlib import suppress
from typing import Any

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 0x1, 0x2, 0x4, 0x8, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64
_MOUNT_SETATTR, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = 442, 0x8000, 0x1

_libc = ctypes.CDLL(None, use_errno=True)


class _Filter(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def lock_down(spec: dict[str, Any]) -> None:
    """Give the process its own folders and take everything else; there is no way back.

    `spec` comes from the host: `uid` (None: stay), `tmpfs` (folder to mount
    options), `rlimits` (name to number), `nice` and `filter` (BPF in hex).
    """
    _write("/proc/self/oom_score_adj", "1000")  # while there is a /proc that can be written to
    _mount_private_folders(spec["tmpfs"], spec["uid"])
    lower_priority(spec["nice"])
    for name, limit in spec["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    _drop_privileges(spec["uid"])
    os.chdir("/work")
    _filter_system_calls(bytes.fromhex(spec["filter"]))


def lower_priority(nice: int) -> None:
    """Give way to others: to a niceness of at least `nice`, whatever it was before."""
    os.nice(max(0, nice - os.getpriority(os.PRIO_PROCESS, 0)))


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends."""
    _call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def close_all_but(*kept: int) -> None:
    """Close every descriptor of this process, whatever number it has, but those."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in kept:
            with suppress(OSError):  # the listing's own
                os.close(number)


def _mount_private_folders(tmpfs: dict[str, str], uid: int | None) -> None:
    owner = os.getuid() if uid is None else uid
    group = os.getgid() if uid is None else uid
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)
    _make_read_only("/")
    for folder, options in tmpfs.items():
        owned = f"{options},mode=0700,uid={owner},gid={group}"
        _mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV, owned)
    restricted = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _mount("proc", "/proc", "proc", restricted, "subset=pid")


def _drop_privileges(uid: int | None) -> None:
    """Drop every capability; changing the uid clears the death signal, so that is set last."""
    for capability in range(_MOST_CAPABILITIES):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _call("capset", struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24))
    _call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)
    die_with_parent()
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _filter_system_calls(program: bytes) -> None:
    instruction_bytes = 8
    block = _Filter(len(program) // instruction_bytes, program)
    _call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(block), 0, 0)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, options)]
    _call("mount", *texts[:3], ctypes.c_ulong(flags), texts[3])


def _make_read_only(folder: str) -> None:
    """Take the right to write from every mount at and below `folder`: mount_setattr(2)."""
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    path, size = ctypes.c_char_p(folder.encode()), ctypes.c_size_t(len(attributes))
    number, nowhere = ctypes.c_long(_MOUNT_SETATTR), ctypes.c_long(-1)
    _call("syscall", number, nowhere, path, ctypes.c_ulong(_AT_RECURSIVE), attributes, size)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{arguments[:3]}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
