import os
import shutil
import threading
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from domain.executions import Outcome
from tests.support.sandboxes import MEBIBYTE, Runs, config, opened


@pytest.mark.attack(1)
def test_an_endless_loop_is_stopped_at_the_time_limit(attack: Runs) -> None:
    """A run that never ends is timed out within a second of its limit."""
    began = time.monotonic()
    result = attack("while True: pass", timeout_s=1.0)
    assert result.outcome is Outcome.TIMED_OUT
    assert "1 s (CODE_EXECUTION_TIMEOUT)" in result.explanation
    assert time.monotonic() - began < 6.0


@pytest.mark.attack(2)
def test_ignored_signals_do_not_delay_the_kill(attack: Runs) -> None:
    """Ignoring every signal that can be ignored changes nothing."""
    code = """
import signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
time.sleep(100)
"""
    assert attack(code, timeout_s=1.0).outcome is Outcome.TIMED_OUT


@pytest.mark.attack(3)
@pytest.mark.parametrize(
    "code",
    ["10**10**8", "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')", "sum(range(10**13))"],
    ids=["power", "regex", "sum"],
)
def test_a_loop_inside_the_interpreter_is_stopped(attack: Runs, code: str) -> None:
    """Work that never comes back to bytecode is timed out like any other."""
    result = attack(code, timeout_s=0.8)
    assert result.outcome is Outcome.TIMED_OUT
    assert result.duration_ms < 5000


@pytest.mark.attack(4)
def test_one_huge_allocation_is_a_memory_error_that_names_the_limit(attack: Runs) -> None:
    """An allocation that can never fit fails in Python, and says what the limit is."""
    result = attack("x = ' ' * 10**10")
    assert result.outcome is Outcome.FAILED
    assert "MemoryError" in result.stderr
    assert "512 MB (SANDBOX_MEMORY_MB)" in result.stderr


@pytest.mark.attack(4)
def test_memory_spread_over_processes_is_counted_together(attack: Runs) -> None:
    """Children that each stay below the limit are killed when they exceed it together."""
    code = """
import os, time
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(200 * 2**20)
        for i in range(0, len(held), 4096):
            held[i] = 1
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""
    result = attack(code, timeout_s=15.0)
    assert result.outcome is Outcome.KILLED
    assert "SANDBOX_MEMORY_MB" in result.explanation


@pytest.mark.attack(4, 6)
def test_shared_memory_counts_too(attack: Runs) -> None:
    """Shared anonymous mappings, which no limit of a process covers, end the run, or are refused to it."""
    code = """
import mmap, time
held = []
while True:
    area = mmap.mmap(-1, 64 * 2**20)
    for i in range(0, len(area), 4096):
        area[i] = 1
    held.append(area)
"""
    result = attack(code, timeout_s=15.0)
    assert "SANDBOX_MEMORY_MB" in result.explanation or "PermissionError" in result.stderr


@pytest.mark.attack(60)
def test_memory_hidden_in_sockets_counts_too(attack: Runs) -> None:
    """What processes leave unread in sockets is the kernel's memory, and ends the run all the same."""
    code = """
import os, socket, time
for _ in range(30):
    if os.fork() == 0:
        pairs = [socket.socketpair() for _ in range(200)]
        for pair in pairs:
            for end in pair:
                end.setblocking(False)
                try:
                    while True: end.send(bytes(60_000))
                except BlockingIOError: pass
        time.sleep(30)
time.sleep(30)
"""
    result = attack(code, timeout_s=15.0)
    assert result.outcome is Outcome.KILLED
    assert "SANDBOX_MEMORY_MB" in result.explanation


@pytest.mark.attack(5)
def test_memfd_is_refused(attack: Runs) -> None:
    """Memory in anonymous files, which no file system limits, cannot be had."""
    assert "PermissionError" in attack("import os; os.memfd_create('x')").stderr


@pytest.mark.attack(6)
def test_shared_memory_files_stop_at_their_size(attack: Runs) -> None:
    """The folder for shared memory is small, and a run that fills it sees no space left."""
    code = """
try:
    with open('/dev/shm/big', 'wb') as f:
        for _ in range(64):
            f.write(bytes(2**20))
except OSError as error:
    print(error.errno)
"""
    assert attack.printed(code) in {"28", "27"}


@pytest.mark.attack(8, 10)
def test_a_fork_bomb_hits_the_process_limit_and_leaves_nothing(attack: Runs) -> None:
    """Forking ends with an error at the limit, and every process is gone after the kill."""
    name = f"bomb{time.monotonic_ns() % 10**9}"
    code = (
        f"import ctypes; ctypes.CDLL(None).prctl(15, {name.encode()!r})"
        """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    print(made, flush=True)
time.sleep(60)
"""
    )
    result = attack(code, timeout_s=5.0)
    assert result.outcome is Outcome.TIMED_OUT
    assert 10 < int(result.stdout) < 64
    assert _processes_named(name) == []


@pytest.mark.attack(8, 10)
def test_an_exponential_fork_bomb_is_contained(attack: Runs) -> None:
    """The classic bomb neither escapes the limit nor survives its time, and the next run works."""
    code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert attack(code, timeout_s=1.5).outcome is Outcome.TIMED_OUT
    assert attack.printed("print('still here')") == "still here"


@pytest.mark.attack(9)
def test_threads_are_limited(attack: Runs) -> None:
    """Ten thousand threads cannot be started."""
    code = """
import threading
stop = threading.Event()
made = 0
try:
    for _ in range(10_000):
        threading.Thread(target=stop.wait, daemon=True).start()
        made += 1
except RuntimeError as error:
    print(made, error)
"""
    assert "can't start new thread" in attack.printed(code)


@pytest.mark.attack(11)
def test_a_disk_bomb_fills_only_its_own_folder(attack: Runs) -> None:
    """Ten gigabytes into the working folder end with an error; the host's disk does not notice."""
    before = shutil.disk_usage("/").used
    code = """
try:
    with open('big.bin', 'wb') as f:
        for i in range(10_000):
            f.write(bytes(2**20))
except OSError as error:
    print(i, error.errno)
"""
    written, number = attack.printed(code).split()
    assert int(written) <= 32
    assert number in {"28", "27"}
    assert shutil.disk_usage("/").used - before < 400 * MEBIBYTE


@pytest.mark.attack(12)
def test_an_inode_bomb_runs_out_of_inodes(attack: Runs) -> None:
    """A million empty files cannot be made."""
    code = """
try:
    for i in range(10**6):
        open(f'f{i}', 'w').close()
except OSError as error:
    print(i, error.errno)
"""
    made, number = attack.printed(code).split()
    assert int(made) < 3000
    assert number == "28"


@pytest.mark.attack(14)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_is_cut_and_the_run_killed(attack: Runs, stream: str) -> None:
    """Endless printing ends the run with a notice, and the host keeps only the cap."""
    result = attack(f"import sys\nwhile True: print('a' * 1000, file=sys.{stream})")
    assert result.outcome is Outcome.KILLED
    assert "200,000 bytes" in result.explanation
    assert result.explanation in result.stderr
    assert len(result.stdout) + len(result.stderr) < 201_000


@pytest.mark.attack(14, 15)
def test_one_huge_line_is_cut_like_many(attack: Runs) -> None:
    """A line of 100 MB without an end, on both streams, does not fill the host's memory."""
    before = _resident_mb()
    code = "import os\nwhile True:\n    os.write(1, b'x' * 10**6); os.write(2, b'y' * 10**6)"
    assert attack(code).outcome is Outcome.KILLED
    assert _resident_mb() - before < 30


@pytest.mark.attack(16)
def test_odd_bytes_in_the_output_are_replaced(attack: Runs) -> None:
    """Bytes that are no text, lone surrogates and control characters do no harm."""
    code = r"import os; os.write(1, b'\xff\xfe\x00\x1b[31m|'); print('\ud800 \u202e @everyone')"
    result = attack(code)
    assert result.outcome is Outcome.SUCCEEDED
    assert result.stdout.startswith("\ufffd\ufffd\x00\x1b[31m|")
    result.stdout.encode("utf-8")


@pytest.mark.attack(17)
def test_processor_time_has_a_limit_of_its_own(attack: Runs) -> None:
    """Each process of a run has a finite amount of processor time."""
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_CPU)[1])"
    assert 0 < int(attack.printed(code)) < 100


@pytest.mark.attack(18)
@pytest.mark.parametrize(
    "code",
    [
        "import ctypes; ctypes.string_at(0)",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f() + 1\nf()",
        "import os; os.abort()",
    ],
    ids=["null pointer", "recursion", "abort"],
)
def test_a_crash_of_the_interpreter_is_told_and_harms_nobody(attack: Runs, code: str) -> None:
    """A run that crashes, or runs out of time on the way, says so, and the next one works."""
    result = attack(code, timeout_s=3.0)
    assert result.outcome is not Outcome.SUCCEEDED
    assert result.explanation or "Error" in result.stderr
    assert attack.printed("print(1)") == "1"


@pytest.mark.attack(4, 60)
def test_the_watchdog_kills_where_control_groups_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without control groups the host adds up the memory and ends the run itself."""
    monkeypatch.setattr("infrastructure.sandbox.cgroups.find", lambda _: None)
    with opened(config(tmp_path)) as sandbox:
        memory = next(check for check in sandbox.checks() if check.name == "sandbox memory limit")
        test_memory_spread_over_processes_is_counted_together(Runs(sandbox))
        test_memory_hidden_in_sockets_counts_too(Runs(sandbox))
    assert "watchdog" in memory.detail


_UNSEEN = """
import mmap, os
held = []
device = {device}
for _ in range(12):
    area = mmap.mmap(device, 64 * 2**20)
    if os.fork() == 0:
        for i in range(0, len(area), 4096):
            area[i] = 1
        os._exit(0)
    os.wait()
    held.append(area)
print('more than the limit')
"""


@pytest.mark.attack(6, 61)
@pytest.mark.parametrize(
    ("device", "refusal"),
    [
        pytest.param("-1", "PermissionError", id="anonymous"),
        pytest.param("os.open('/dev/zero', os.O_RDWR)", "FileNotFoundError", id="device"),
    ],
)
def test_no_memory_is_shared_where_nobody_counts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, refusal: str
) -> None:
    """What a child fills and its parent only maps is nobody's page: without control groups it is refused."""
    monkeypatch.setattr("infrastructure.sandbox.cgroups.find", lambda _: None)
    with opened(config(tmp_path)) as sandbox:
        result = Runs(sandbox)(_UNSEEN.format(device=device))
    assert result.stdout == ""
    assert refusal in result.stderr


_PIPES = """
import os, time
for _ in range(60):
    if os.fork() == 0:
        held = []
        try:
            while True: held.append(os.pipe())
        except OSError: pass
        time.sleep(30)
time.sleep(30)
"""
_MAPPINGS = """
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
area = libc.mmap(None, 8192 * 60_000, 0, 0x22, -1, 0)
for i in range(60_000):
    if libc.mprotect(area + 8192 * i, 4096, 1): break
for _ in range(60): os.fork() or time.sleep(30)
time.sleep(30)
"""
_HIDDEN = """
import os, shutil, socket, time
shutil.copy('/usr/bin/sleep', 'hidden')
os.chmod('hidden', 0o111)
for _ in range(30):
    if os.fork() == 0:
        pairs = [socket.socketpair() for _ in range(200)]
        for end in (end for pair in pairs for end in pair):
            end.setblocking(False)
            os.set_inheritable(end.fileno(), True)
        os.execv('hidden', ['hidden', '30'])
time.sleep(30)
"""


@pytest.mark.attack(60, 61)
@pytest.mark.parametrize(
    "code",
    [
        pytest.param(_PIPES, id="pipes"),
        pytest.param(_MAPPINGS, id="mappings", marks=pytest.mark.thorough),
        pytest.param(_HIDDEN, id="hidden sockets"),
    ],
)
def test_the_watchdog_counts_what_is_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """Without control groups, rooms of pipes and sockets, mappings and hidden processes end the run, too."""
    monkeypatch.setattr("infrastructure.sandbox.cgroups.find", lambda _: None)
    with opened(config(tmp_path)) as sandbox:
        result = Runs(sandbox)(code, timeout_s=15.0)
    assert result.outcome is Outcome.KILLED
    assert "SANDBOX_MEMORY_MB" in result.explanation


@pytest.mark.attack(17)
def test_a_busy_run_leaves_the_program_its_turn(attack: Runs) -> None:
    """While every processor is kept busy, the program still ticks, and another user's run ends well."""
    code = "import os\nfor _ in range(4): os.fork()\nwhile True: pass"
    bomb = threading.Thread(target=attack, args=(code, 3.0))
    bomb.start()
    time.sleep(0.3)
    ticks = [time.monotonic()]
    other = threading.Thread(target=Runs(attack.sandbox), args=("print(sum(range(10**6)))",))
    other.start()
    while other.is_alive():
        time.sleep(0.01)
        ticks.append(time.monotonic())
    was_busy = bomb.is_alive()
    bomb.join()
    assert was_busy
    assert max(later - sooner for sooner, later in pairwise(ticks)) < 1.0


def _processes_named(name: str) -> list[str]:
    """Return the ids of those that live: what is dead and waits for its parent's look holds nothing."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_dead = "\nState:\tZ" in (entry / "status").read_text()
            if (entry / "comm").read_text().strip() == name and not is_dead:
                found.append(entry.name)
    return found


def _resident_mb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MEBIBYTE
