"""The filter of system calls, assembled as classic BPF (linux/filter.h, linux/seccomp.h).

What is not on the list of `system_calls` fails with EPERM. An unknown or newer call
and `clone3` fail with ENOSYS: the C library then falls back to what it used before
(to `clone`, whose flags can be looked at).
"""

import struct
from collections.abc import Iterable, Iterator
from errno import ENOSYS, EPERM
from itertools import groupby

from infrastructure.sandbox import system_calls

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*

_LOAD, _RETURN = 0x20, 0x06
_JUMP_EQUAL, _JUMP_GREATER, _JUMP_AT_LEAST, _JUMP_ANY_BIT = 0x15, 0x25, 0x35, 0x45
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _MACHINE, _FIRST_ARGUMENT, _ARGUMENT_BYTES = 0, 4, 16, 8
_AF_UNIX = 1
_CLONE_NEW_ANY = 0x7E020000  # every CLONE_NEW* flag that `clone` knows
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # put characters into a terminal's input
_PR_SET_DUMPABLE = 4  # a process that is not dumpable hides its memory from the watchdog
_PR_SET_SECCOMP = 22  # more filters are more of the kernel's memory
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20  # the first bit is MAP_SHARED_VALIDATE's, too
_F_SETLEASE, _F_NOTIFY = 1024, 1026  # a lease on an input makes its other users wait

_Instruction = tuple[int, int, int, int]


def program(machine: str, *, shares_memory: bool = True) -> bytes:
    """Return the filter for `machine` as an array of `struct sock_filter`.

    Without `shares_memory`, no memory is shared but in files. Only a control group counts
    what is: it is held for as long as anything of it is mapped, and is no page of anybody's.

    Raises:
        KeyError: the machine is not one of `MACHINES`.
    """
    instructions = [
        (_LOAD, 0, 0, _MACHINE),
        (_JUMP_EQUAL, 1, 0, MACHINES[machine]),
        _answer(_KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        *_unless(_JUMP_GREATER, system_calls.NEWEST_REVIEWED, _ERRNO | ENOSYS),
        *_unless(_JUMP_EQUAL, system_calls.CLONE3, _ERRNO | ENOSYS),
        *_argument_rules(machine),
        *([] if shares_memory else _no_shared_memory(machine)),
        *_allow(system_calls.allowed(machine)),
        _answer(_ERRNO | EPERM),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def _argument_rules(machine: str) -> list[_Instruction]:
    refuse = _answer(_ERRNO | EPERM)
    only_unix = [(_JUMP_EQUAL, 1, 0, _AF_UNIX), refuse]
    no_namespaces = [(_JUMP_ANY_BIT, 0, 1, _CLONE_NEW_ANY), refuse]
    return [
        *_for_call(system_calls.SOCKET[machine], 0, only_unix),
        *_for_call(system_calls.SOCKETPAIR[machine], 0, only_unix),
        *_for_call(system_calls.IOCTL[machine], 1, _none_of(_TIOCSTI, _TIOCLINUX)),
        *_for_call(system_calls.FCNTL[machine], 1, _none_of(_F_SETLEASE, _F_NOTIFY)),
        *_for_call(system_calls.PRCTL[machine], 0, _none_of(_PR_SET_DUMPABLE, _PR_SET_SECCOMP)),
        *_for_call(system_calls.CLONE[machine], 0, no_namespaces),
    ]


def _allow(numbers: Iterable[int]) -> list[_Instruction]:
    """Allow the numbers, which are in order, and refuse those in the gaps between them."""
    allow, refuse = _answer(_ALLOW), _answer(_ERRNO | EPERM)
    return [
        instruction
        for first, last in _ranges(numbers)
        for instruction in ((_JUMP_GREATER, 3, 0, last), (_JUMP_AT_LEAST, 0, 1, first), allow, refuse)
    ]


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each row of neighbours."""
    for _, row in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in row]
        yield members[0], members[-1]


def _for_call(number: int, argument: int, rules: list[_Instruction]) -> list[_Instruction]:
    """Apply `rules` to the low half of one argument; whatever they let through is allowed."""
    body = [(_LOAD, 0, 0, _FIRST_ARGUMENT + argument * _ARGUMENT_BYTES), *rules, _answer(_ALLOW)]
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def _none_of(*values: int) -> list[_Instruction]:
    return [instruction for value in values for instruction in _unless(_JUMP_EQUAL, value, _ERRNO | EPERM)]


def _no_shared_memory(machine: str) -> list[_Instruction]:
    both = [(_JUMP_ANY_BIT, 0, 2, _MAP_ANONYMOUS), (_JUMP_ANY_BIT, 0, 1, _MAP_SHARED)]
    return _for_call(system_calls.MMAP[machine], 3, [*both, _answer(_ERRNO | EPERM)])


def _unless(test: int, value: int, answer: int) -> list[_Instruction]:
    return [(test, 0, 1, value), _answer(answer)]


def _answer(action: int) -> _Instruction:
    return (_RETURN, 0, 0, action)
