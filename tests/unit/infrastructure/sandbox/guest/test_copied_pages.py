import subprocess
import sys

import pytest

from tests.unit.infrastructure.sandbox.guest.conftest import GUEST

_BEGIN = f"""
import mmap, os, resource, signal, socket, sys, time
sys.path.append({str(GUEST)!r})
import copied_pages as cp
pages, page = 64, mmap.PAGESIZE
memory = mmap.mmap(-1, pages * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
if hasattr(mmap, "MADV_NOHUGEPAGE"):
    memory.madvise(mmap.MADV_NOHUGEPAGE)
def write(*_):
    for number in range(pages):
        memory[number * page] = 1
def faults_of_writing_in_a_fork(message=b""):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if message:
        ours.send(message)
    sys.stdout.flush()
    if os.fork() == 0:
        cp.copy(theirs)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        write()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, flush=True)
        os._exit(0)
    os.wait()
write()
"""


def _printed(code: str) -> str:
    """Return what code prints in a process of its own, of one thread, as a zygote is."""
    command = [sys.executable, "-c", _BEGIN + code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_a_fork_has_copied_what_the_rehearsal_wrote_to() -> None:
    """Writing to the pages that a typical run wrote to traps into the kernel no more."""
    faults = _printed("faults_of_writing_in_a_fork(); cp.learn(write); faults_of_writing_in_a_fork()").split()
    assert int(faults[0]) >= 64
    assert int(faults[1]) <= 8


def test_ranges_are_cut_so_that_a_run_that_comes_need_not_wait() -> None:
    """No range is larger than what is copied in less than a millisecond, and together they are all pages."""
    code = """
pages = 1000
memory = mmap.mmap(-1, pages * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
write(); cp.learn(write)
print(max(length for _, length in cp._ranges) // page, sum(length for _, length in cp._ranges) // page)
"""
    largest, together = map(int, _printed(code).split())
    assert largest <= 128
    assert together >= 1000


def test_code_that_has_arrived_is_not_kept_waiting() -> None:
    """With a message at the channel nothing is copied, and the message is left to be read."""
    assert int(_printed("cp.learn(write); faults_of_writing_in_a_fork(b'job')")) >= 64


@pytest.mark.parametrize(
    "kernel",
    ["cp._MADV_POPULATE_WRITE = 9999", "cp._ranges.insert(0, (page * 3 + 1, page))"],
    ids=["does-not-know-it", "refuses-a-range"],
)
def test_where_the_kernel_refuses_forks_copy_when_they_write(kernel: str) -> None:
    """An older kernel costs time and nothing else."""
    assert int(_printed(f"cp.learn(write); {kernel}; faults_of_writing_in_a_fork()")) >= 64


def test_a_range_that_is_gone_keeps_no_other_from_being_copied() -> None:
    """What was given back to the system since the rehearsal is passed over."""
    gone = "cp._ranges.insert(0, (page * 16, page))"
    assert int(_printed(f"cp.learn(write); {gone}; faults_of_writing_in_a_fork()")) <= 8


@pytest.mark.parametrize(
    "typical_run",
    [
        "lambda: 1 / 0",
        "lambda: os._exit(3)",
        "lambda: os.kill(os.getpid(), signal.SIGKILL)",
        "lambda: time.sleep(60)",
        "lambda: setattr(cp, '_own_pages', lambda _: open('/nowhere'))",
        "lambda: setattr(cp.json, 'dumps', lambda _: '[[1, 2')",
    ],
    ids=["raises", "ends", "is-killed", "never-ends", "sees-no-pages", "tells-half"],
)
def test_a_rehearsal_that_fails_teaches_nothing_and_harms_nothing(typical_run: str) -> None:
    """The process that asked for it goes on, buries it, and its forks copy when they write."""
    code = f"""
cp._LONGEST_REHEARSAL_S = 1
cp.learn({typical_run})
print(len(cp._ranges), open(f"/proc/self/task/{{os.getpid()}}/children").read())
"""
    assert _printed(code) == "0"


def test_without_a_fork_nothing_is_learnt() -> None:
    """Where no process can be had for the rehearsal, what was learnt before is forgotten, and all goes on."""
    code = """
def refuse():
    raise BlockingIOError
cp.learn(write); os.fork = refuse; cp.learn(write); print(cp._ranges)
"""
    assert _printed(code) == "[]"


def test_the_rehearsal_holds_nothing_of_its_maker_and_ends_with_it() -> None:
    """Its only descriptors are those for its words, and the kernel kills it with the zygote."""
    code = """
import ctypes
host, _ = socket.socketpair()
reader, writer = os.pipe()
os.dup2(writer, 2)
def look():
    signal_number = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(signal_number))
    numbers = set(os.listdir("/proc/self/fd"))
    held = [n for n in numbers if os.path.exists(f"/proc/self/fd/{n}")]
    os.write(2, f"{len(held)} {signal_number.value}".encode())
cp.learn(look)
print(os.read(reader, 99).decode())
"""
    assert _printed(code) == "4 9"
