import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from domain.executions import Outcome
from infrastructure.sandbox import system_calls
from tests.support.sandboxes import Runs

_SYSCALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments))
    return result, ctypes.get_errno()
"""

# The doors of the kernel's own probes: it lets them past filters, and kills who comes from elsewhere.
_PAST_EVERY_FILTER = {335, 336}


@pytest.mark.attack(7, 36, 41, 42, 46, 69)
def test_every_system_call_that_is_not_on_the_list_is_refused(attack: Runs) -> None:
    """Each other call fails with EPERM before the kernel looks at its arguments."""
    machine = platform.machine()
    permitted = {*system_calls.allowed(machine), *system_calls.judged(machine), system_calls.CLONE3}
    numbers = sorted(set(range(system_calls.NEWEST_REVIEWED + 1)) - permitted - _PAST_EVERY_FILTER)
    code = f"{_SYSCALL}\nprint([n for n in {numbers} if call(n, 0, 0, 0, 0, 0, 0) != (-1, 1)])"
    assert attack.printed(code) == "[]"


@pytest.mark.attack(41, 62)
def test_unknown_and_new_system_calls_do_not_exist(attack: Runs) -> None:
    """Calls that nobody has reviewed, and clone3, answer as if the kernel did not know them."""
    numbers = [system_calls.CLONE3, *range(system_calls.NEWEST_REVIEWED + 1, 600), 0x40000000 + 39]
    code = f"{_SYSCALL}\nprint([n for n in {numbers} if call(n, 0, 0, 0, 0, 0, 0) != (-1, 38)])"
    assert attack.printed(code) == "[]"


@pytest.mark.attack(41)
@pytest.mark.parametrize(
    "flag", [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
)
def test_no_process_can_be_made_in_a_new_namespace(attack: Runs, flag: int) -> None:
    """`clone` with any flag of a namespace is refused."""
    number = system_calls.CLONE[platform.machine()]
    assert attack.printed(f"{_SYSCALL}\nprint(call({number}, {flag | 17}, 0, 0, 0, 0))") == "(-1, 1)"


@pytest.mark.attack(61)
def test_a_run_cannot_hide_its_memory(attack: Runs) -> None:
    """A process that is not dumpable would be invisible to the watchdog: PR_SET_DUMPABLE is refused."""
    hide = "libc = ctypes.CDLL(None, use_errno=True)\nprint(libc.prctl(4, 0, 0, 0, 0), ctypes.get_errno())"
    assert attack.printed(f"import ctypes\n{hide}") == "-1 1"


@pytest.mark.attack(45)
def test_terminal_input_cannot_be_forged(attack: Runs) -> None:
    """The request that types into a terminal is refused, whatever the high half of its number says."""
    number = system_calls.IOCTL[platform.machine()]
    requests = [0x5412, 0x541C, 2**32 + 0x5412]
    code = f"{_SYSCALL}\nprint([call({number}, 0, request, 0) for request in {requests}])"
    assert attack.printed(code) == "[(-1, 1), (-1, 1), (-1, 1)]"


@pytest.mark.attack(62)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="int 0x80 is an x86 door")
def test_the_32_bit_door_is_closed(attack: Runs) -> None:
    """A system call of the old kind, which other numbers belong to, kills the process."""
    code = """
import ctypes, mmap
flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
page = mmap.mmap(-1, 4096, flags=flags, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, 20 (getpid); int 0x80; ret
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
print(ctypes.CFUNCTYPE(ctypes.c_int)(address)())
"""
    result = attack(code)
    assert result.outcome is Outcome.FAILED
    assert result.stdout == ""
    assert "SIGSYS" in result.explanation


@pytest.mark.attack(44)
def test_the_process_has_no_privileges_and_cannot_gain_any(attack: Runs) -> None:
    """Seen from inside too: no capability, no new privileges, a filter, not root."""
    code = """
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
names = 'CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp'.split()
print(*(status[name].strip() for name in names))
import os; print(os.getuid() == 0 or os.geteuid() == 0)
"""
    zero = "0" * 16
    assert attack.printed(code).splitlines() == [" ".join([zero] * 5 + ["1", "2"]), "False"]


@pytest.mark.attack(10)
@pytest.mark.skipif(
    os.getuid() != 0, reason="as an ordinary user the run has that user's id, in a namespace of its own"
)
def test_under_root_every_run_is_a_user_of_its_own(attack: Runs) -> None:
    """Started as root, each run has a user id that nobody else has."""
    uids = {
        attack.printed("import os; print(*os.getresuid(), *os.getresgid(), os.getgroups())") for _ in range(3)
    }
    assert len(uids) == 3
    assert all(int(line.split()[0]) > 60_000 and line.endswith("[]") for line in uids)


@pytest.mark.attack(44)
def test_setuid_programs_gain_nothing(attack: Runs) -> None:
    """Programs that become root elsewhere do not here."""
    code = """
import subprocess, os
become_root = subprocess.run(['/usr/bin/su', '-c', 'id'], capture_output=True, stdin=subprocess.DEVNULL)
print(become_root.returncode != 0)
copy = '/work/shell'
import shutil; shutil.copy('/usr/bin/id', copy)
os.chmod(copy, 0o4755)
print(subprocess.run([copy, '-u'], capture_output=True, text=True).stdout.strip() == str(os.getuid()))
os.remove(copy)
"""
    assert attack.printed(code).split() == ["True", "True"]


@pytest.mark.attack(43)
@pytest.mark.parametrize(
    "code",
    [
        "os.kill(-1, 9)",
        "os.kill(1, 9)",
        "os.kill(os.getppid(), 9)",
        "os.killpg(0, 9)",
        "import ctypes; ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)",
    ],
)
def test_killing_reaches_nobody_else(attack: Runs, code: str) -> None:
    """A run that kills whatever it can name ends itself at most."""
    attack(f"import os\ntry:\n    {code}\nexcept OSError: pass", timeout_s=5.0)
    assert attack.printed("print('alive')") == "alive"


@pytest.mark.attack(50)
def test_a_stopped_run_is_still_killed(attack: Runs) -> None:
    """A run whose processes are all stopped ends at its time limit."""
    code = """
import os, signal
if os.fork() == 0:
    while True: pass
os.kill(-1, signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
while True: pass
"""
    assert attack(code, timeout_s=1.0).outcome is Outcome.TIMED_OUT


@pytest.mark.attack(46)
@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/kcore",
        "/sys/fs/cgroup",
        "/proc/mounts/../sys",
    ],
)
def test_the_kernels_switches_are_absent(attack: Runs, path: str) -> None:
    """Of /proc only processes are there, and no /sys at all."""
    assert attack.printed(f"import os; print(os.path.exists({path!r}))") == "False"


@pytest.mark.attack(47)
def test_the_interpreter_cannot_be_overwritten(attack: Runs) -> None:
    """The program that runs the code, which the host will start again, is read-only."""
    result = attack("open('/proc/self/exe', 'r+b')")
    assert any(word in result.stderr for word in ("Read-only", "Text file busy", "Permission denied"))


@pytest.mark.attack(47)
@pytest.mark.parametrize(
    "path",
    [
        "'/proc/1/exe'",
        "os.path.realpath('/venv/bin/python')",
        "'/venv/pyvenv.cfg'",
        "os.__file__",
        "next(line.split()[-1] for line in open('/proc/self/maps') if 'libc' in line)",
        "'/proc/self/map_files/' + os.listdir('/proc/self/map_files')[0]",
    ],
)
def test_nothing_that_the_next_run_starts_with_can_be_changed(attack: Runs, path: str) -> None:
    """Interpreter, libraries and settings can be neither written, replaced nor removed."""
    code = f"""
import os
path = {path}
for act in (lambda: os.open(path, os.O_RDWR), lambda: os.rename(path, path + '2'), lambda: os.remove(path),
            lambda: os.truncate(path, 0), lambda: os.chmod(path, 0)):
    try:
        act()
        print('done')
    except OSError:
        pass
"""
    assert "done" not in attack(code).stdout
    assert attack.printed("print('alive')") == "alive"


@pytest.mark.attack(42, 43)
def test_only_processes_of_the_run_are_visible(attack: Runs) -> None:
    """The run is the first process of its world and sees no other."""
    assert (
        attack.printed("import os; print(os.getpid(), [p for p in os.listdir('/proc') if p.isdigit()])")
        == "1 ['1']"
    )


_TRICKS = [
    "().__class__.__base__.__subclasses__()[-1].__class__.__base__; __import__('os').listdir('/home')",
    "import os; os._wrap_close.__init__.__globals__['listdir']('/home')",
    "print(__builtins__.__import__('os').popen('cat /etc/shadow').read())",
    "print('{0.__class__.__init__.__globals__}'.format(load_file)[:20]); open('/etc/shadow')",
    "try: 1/0\nexcept Exception as e: e.__traceback__.tb_frame.f_globals['open']('/root/.bashrc')",
    "try: 1/0\nexcept Exception as e: e.__traceback__.tb_frame.f_builtins['open']('/root/.bashrc')",
    "import pickle; pickle.loads(b\"cos\\nsystem\\n(S'cat /etc/shadow'\\ntR.\"); open('/etc/shadow')",
]


@pytest.mark.attack(49)
@pytest.mark.parametrize("trick", _TRICKS)
def test_tricks_against_python_guards_find_nothing_to_take(attack: Runs, trick: str) -> None:
    """Every trick that beats checks inside Python works, and finds an empty house."""
    result = attack(trick)
    assert "root:" not in result.stdout + result.stderr
    assert "No such file" in result.stderr or result.stdout.strip() == ""


@pytest.mark.attack(48)
def test_code_is_text_until_the_process_is_locked_down(attack: Runs) -> None:
    """The first line that runs already meets the filter: nothing of the code ran before it."""
    code = "import os\ntry: os.memfd_create('x')\nexcept PermissionError: print('locked')"
    assert attack.printed(code) == "locked"


_HOST = """
import sys, threading
from pathlib import Path
from tests.support.sandboxes import Runs, config, opened
with opened(config(Path(sys.argv[1]))) as sandbox:
    runs = Runs(sandbox)
    runs("1")
    print("ready", flush=True)
    runs(sys.argv[2], timeout_s=100)
"""


@pytest.mark.attack(58)
def test_killing_the_host_leaves_no_process_of_the_run(tmp_path: Path) -> None:
    """SIGKILL for the program ends its runs, whatever their processes ignore."""
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
import ctypes, os, subprocess, time
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
for _ in range(3):
    subprocess.Popen(['/usr/bin/sleep', '60'], start_new_session=True, env={{'M': '{marker}'}})
while True: time.sleep(0.1)
"""
    repository = Path(__file__).parents[3]
    host = subprocess.Popen(
        [sys.executable, "-c", _HOST, str(tmp_path), code], cwd=repository, stdout=subprocess.PIPE, text=True
    )
    with host:
        assert host.stdout is not None
        assert host.stdout.readline() == "ready\n"
        assert _wait_until(lambda: len(_with_environment(marker)) == 3)
        host.kill()
    assert _wait_until(lambda: not _with_environment(marker))


def _with_environment(marker: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker.encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
    return found


def _wait_until(condition: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
