"""The filter of system calls, assembled as classic BPF (linux/filter.h, linux/seccomp.h).

A refused call fails with EPERM, an unknown or newer one and `clone3` with ENOSYS
(the C library then falls back to `clone`, whose flags can be looked at).
"""

import struct
from errno import ENOSYS, EPERM

from infrastructure.sandbox import system_calls

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*

_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _MACHINE, _FIRST_ARGUMENT, _ARGUMENT_BYTES = 0, 4, 16, 8
_AF_UNIX = 1
_CLONE_NEW_ANY = 0x7E020000  # every CLONE_NEW* flag that `clone` knows
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # put characters into a terminal's input
_PR_SET_DUMPABLE = 4  # a process that is not dumpable hides its memory from the watchdog

_Instruction = tuple[int, int, int, int]


def program(machine: str) -> bytes:
    """Return the filter for `machine` as an array of `struct sock_filter`.

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
        *(i for number in system_calls.denied(machine) for i in _unless(_JUMP_EQUAL, number, _ERRNO | EPERM)),
        *_argument_rules(machine),
        _answer(_ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def _argument_rules(machine: str) -> list[_Instruction]:
    refuse = _answer(_ERRNO | EPERM)
    only_unix = [(_JUMP_EQUAL, 1, 0, _AF_UNIX), refuse]
    no_terminal_input = [i for call in (_TIOCSTI, _TIOCLINUX) for i in _unless(_JUMP_EQUAL, call, refuse[3])]
    stays_visible = _unless(_JUMP_EQUAL, _PR_SET_DUMPABLE, refuse[3])
    no_namespaces = [(_JUMP_ANY_BIT, 0, 1, _CLONE_NEW_ANY), refuse]
    return [
        *_for_call(system_calls.SOCKET[machine], 0, only_unix),
        *_for_call(system_calls.SOCKETPAIR[machine], 0, only_unix),
        *_for_call(system_calls.IOCTL[machine], 1, no_terminal_input),
        *_for_call(system_calls.PRCTL[machine], 0, stays_visible),
        *_for_call(system_calls.CLONE[machine], 0, no_namespaces),
    ]


def _for_call(number: int, argument: int, rules: list[_Instruction]) -> list[_Instruction]:
    """Apply `rules` to the low half of one argument; whatever they let through is allowed."""
    body = [(_LOAD, 0, 0, _FIRST_ARGUMENT + argument * _ARGUMENT_BYTES), *rules, _answer(_ALLOW)]
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def _unless(test: int, value: int, answer: int) -> list[_Instruction]:
    return [(test, 0, 1, value), _answer(answer)]


def _answer(action: int) -> _Instruction:
    return (_RETURN, 0, 0, action)
