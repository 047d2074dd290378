import re
import struct
from errno import ENOSYS, EPERM
from pathlib import Path

import pytest

from infrastructure.sandbox import seccomp, system_calls

_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _RETURN = 0x20, 0x06
_HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


def _verdict(program: bytes, data: bytes) -> int:
    """Execute a filter as the kernel would, on the little of BPF that filters use (linux/filter.h)."""
    instructions = list(struct.iter_unpack("HBBI", program))
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == _LOAD:
            (accumulator,) = struct.unpack_from("I", data, value)
        elif code == _RETURN:
            return int(value)
        else:
            holds = {
                0x15: accumulator == value,
                0x25: accumulator > value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[code]
            at += if_true if holds else if_false


def _asked(machine: str, number: int, *arguments: int) -> int:
    """Return the answer to a call; `struct seccomp_data` holds number, machine, pointer and arguments."""
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("IIQ6Q", number, seccomp.MACHINES[machine], 0, *padded)
    return _verdict(seccomp.program(machine), data)


def _errno(number: int) -> int:
    return 0x00050000 | number


@pytest.fixture(params=sorted(seccomp.MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    """Each machine that there is a filter for."""
    return str(request.param)


def test_what_is_on_the_list_is_allowed_and_nothing_else(machine: str) -> None:
    """Of all reviewed numbers exactly those of the list pass; the others answer EPERM."""
    special = {system_calls.CLONE3, *system_calls.judged(machine)}
    numbers = [n for n in range(system_calls.NEWEST_REVIEWED + 1) if n not in special]
    passed = [n for n in numbers if _asked(machine, n) == _ALLOW]
    assert passed == system_calls.allowed(machine)
    assert {_asked(machine, n) for n in set(numbers) - set(passed)} == {_errno(EPERM)}


def test_calls_that_nobody_reviewed_do_not_exist(machine: str) -> None:
    """Numbers after the newest reviewed one, and clone3, answer ENOSYS."""
    for number in (system_calls.CLONE3, system_calls.NEWEST_REVIEWED + 1, 0x40000000, 0xFFFFFFFF):
        assert _asked(machine, number) == _errno(ENOSYS)


def test_a_call_of_another_machine_kills(machine: str) -> None:
    """The 32-bit entrance of a 64-bit machine, with its other numbers, ends the process."""
    data = struct.pack("IIQ6Q", 20, 0x40000003, 0, *[0] * 6)
    assert _verdict(seccomp.program(machine), data) == _KILL


def test_memory_is_shared_in_files_alone_where_nobody_counts_it(machine: str) -> None:
    """Anonymous and shared is refused then, whatever other flags say; one without the other is not."""
    filtered = seccomp.program(machine, shares_memory=False)

    def asked(flags: int) -> int:
        number = system_calls.MMAP[machine]
        return _verdict(
            filtered, struct.pack("IIQ6Q", number, seccomp.MACHINES[machine], 0, 0, 0, 0, flags, 0, 0)
        )

    assert [asked(flags) for flags in (0x01, 0x02, 0x03, 0x22, 0x4022)] == [_ALLOW] * 5
    assert [asked(flags) for flags in (0x21, 0x23, 0x40021, 2**32 + 0x21)] == [_errno(EPERM)] * 4
    assert _asked(machine, system_calls.MMAP[machine], 0, 0, 0, 0x21) == _ALLOW


@pytest.mark.parametrize("call", [system_calls.SOCKET, system_calls.SOCKETPAIR], ids=["socket", "socketpair"])
def test_only_sockets_of_the_machines_files_are_made(machine: str, call: dict[str, int]) -> None:
    """AF_UNIX is let through, every other family is refused, whatever the high half says."""
    assert _asked(machine, call[machine], 1) == _ALLOW
    for family in (0, 2, 10, 16, 17, 40, 2**31):
        assert _asked(machine, call[machine], family) == _errno(EPERM)
    assert _asked(machine, call[machine], 2**32 + 2) == _errno(EPERM)


def test_processes_and_threads_are_made_without_namespaces(machine: str) -> None:
    """`clone` as fork and as a thread is let through, with any flag of a namespace refused."""
    fork, thread = 0x01200011, 0x003D0F00
    number = system_calls.CLONE[machine]
    assert {_asked(machine, number, flags) for flags in (fork, thread)} == {_ALLOW}
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert _asked(machine, number, fork | flag) == _errno(EPERM)


def test_input_of_a_terminal_cannot_be_forged(machine: str) -> None:
    """TIOCSTI and TIOCLINUX are refused by their low half, other requests pass."""
    number = system_calls.IOCTL[machine]
    assert _asked(machine, number, 1, 0x5401) == _ALLOW
    for request in (0x5412, 0x541C, 2**32 + 0x5412):
        assert _asked(machine, number, 1, request) == _errno(EPERM)


def test_no_file_of_others_is_leased_or_watched(machine: str) -> None:
    """Leases and notices of changes are refused, locks and copies of descriptors pass."""
    number = system_calls.FCNTL[machine]
    assert {_asked(machine, number, 3, command) for command in (0, 3, 6, 38, 1030)} == {_ALLOW}
    assert {_asked(machine, number, 3, command) for command in (1024, 1026)} == {_errno(EPERM)}


def test_a_process_can_name_itself_and_cannot_hide(machine: str) -> None:
    """PR_SET_NAME passes; PR_SET_DUMPABLE and PR_SET_SECCOMP are refused."""
    number = system_calls.PRCTL[machine]
    assert _asked(machine, number, 15) == _ALLOW
    assert {_asked(machine, number, option) for option in (4, 22)} == {_errno(EPERM)}


def test_numbers_are_listed_once(machine: str) -> None:
    """No number stands for two calls: a typing error would allow the wrong one."""
    numbers = [*system_calls.allowed(machine), *system_calls.judged(machine), system_calls.CLONE3]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.skipif(not _HEADER.exists(), reason="the kernel's headers are not installed")
def test_numbers_are_those_of_the_kernel() -> None:
    """Every number of x86_64 stands for the call that it is listed under."""
    numbers = dict(re.findall(r"#define __NR_(\w+) (\d+)", _HEADER.read_text()))
    listed = {name: str(pair[0]) for name, pair in system_calls.ALLOWED.items() if name in numbers}
    assert len(listed) > 150
    assert listed == {name: numbers[name] for name in listed}


def test_an_unknown_machine_has_no_filter() -> None:
    """There is no filter to fall back to."""
    with pytest.raises(KeyError):
        seccomp.program("riscv64")
