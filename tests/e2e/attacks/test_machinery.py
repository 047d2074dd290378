"""Attacks through machinery of the kernel that most programs never touch."""

import platform

import pytest

from domain.executions import Outcome
from tests.support.sandboxes import Runs

_CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments))
    return result if result >= 0 else -ctypes.get_errno()
"""

# x86_64 and aarch64 number these alike, or name both.
_IS_ARM = platform.machine() == "aarch64"
_MACHINERY = {
    "io_uring": (425, "1, ctypes.addressof(ctypes.create_string_buffer(256))"),
    "userfaultfd": (282 if _IS_ARM else 323, "0"),
    "userfaultfd, own memory only": (282 if _IS_ARM else 323, "1"),
    "bpf": (280 if _IS_ARM else 321, "0, ctypes.addressof(ctypes.create_string_buffer(256)), 128"),
    "performance counters": (
        241 if _IS_ARM else 298,
        "ctypes.addressof(ctypes.create_string_buffer(256)), 0, -1, -1, 0",
    ),
    "keyring": (219 if _IS_ARM else 250, "0, -3, 1"),
    "landlock": (444, "0, 0, 1"),
    "another filter": (277 if _IS_ARM else 317, "2, 0, ctypes.addressof(ctypes.c_uint(0x7FFF0000))"),
    "a filter that notifies": (277 if _IS_ARM else 317, "1, 8, 0"),
    "secret memory": (447, "0"),
    "descriptor of another process": (438, "os.pidfd_open(os.getpid()), 0, 0"),
    "new mount": (428, "-100, ctypes.addressof(ctypes.create_string_buffer(b'/')), 1"),
    "new file system": (430, "ctypes.addressof(ctypes.create_string_buffer(b'tmpfs')), 0"),
    "addresses that do not change": (92 if _IS_ARM else 135, "0x0040000"),
    "splice": (76 if _IS_ARM else 275, "0, 0, 1, 0, 1, 0"),
    "pages given away": (75 if _IS_ARM else 278, "1, 0, 0, 0"),
    "pages of others in memory": (232 if _IS_ARM else 27, "0, 4096, 0"),
    "every disk written": (81 if _IS_ARM else 162, ""),
    "memory pinned": (228 if _IS_ARM else 149, "0, 4096"),
    "asynchronous input": (0 if _IS_ARM else 206, "1, ctypes.addressof(ctypes.c_ulong())"),
    "log of the kernel": (116 if _IS_ARM else 103, "3, 0, 0"),
    "process accounting": (89 if _IS_ARM else 163, "0"),
}


@pytest.mark.attack(69)
@pytest.mark.parametrize(("number", "arguments"), _MACHINERY.values(), ids=_MACHINERY)
def test_machinery_is_out_of_reach(attack: Runs, number: int, arguments: str) -> None:
    """Calls that work for an ordinary user elsewhere, or nearly do, are refused by the filter."""
    code = f"{_CALL}\nprint(call({', '.join(filter(None, [str(number), arguments]))}))"
    assert attack.printed(code) == "-1"


@pytest.mark.attack(69)
def test_a_filter_cannot_be_added_by_the_old_way_either(attack: Runs) -> None:
    """`prctl(PR_SET_SECCOMP)` is refused, too."""
    assert attack.printed(f"{_CALL}\nprint(libc.prctl(22, 1, 0, 0, 0), ctypes.get_errno())") == "-1 1"


@pytest.mark.attack(65)
@pytest.mark.parametrize(
    "attempt",
    [
        "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')",
        "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'0')",
        "os.setpriority(os.PRIO_PROCESS, 0, -20)",
        "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
        "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))",
        "os.sched_setaffinity(0, {0})",
        "resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))",
        "resource.prlimit(1, resource.RLIMIT_DATA, (-1, -1))",
    ],
)
def test_no_run_makes_itself_more_important(attack: Runs, attempt: str) -> None:
    """Priorities, processors, limits and the order of being killed stay as the host set them."""
    result = attack(f"import os, resource\n{attempt}")
    assert result.outcome is Outcome.FAILED
    refusals = ("PermissionError", "Read-only file system", "exceed maximum", "not allowed to raise")
    assert any(word in result.stderr for word in refusals)


@pytest.mark.attack(65)
def test_processes_of_a_run_are_the_first_to_be_killed(attack: Runs) -> None:
    """When the machine's memory ends, the kernel looks at runs before it looks at the program."""
    code = "import os; print(open('/proc/self/oom_score_adj').read().strip(), os.getpriority(0, 0))"
    assert attack.printed(code) == "1000 5"


@pytest.mark.attack(67)
@pytest.mark.parametrize(
    "path", ["/proc/1/mem", "/proc/self/mem", "/proc/self/pagemap", "/proc/self/clear_refs"]
)
def test_what_a_process_sees_of_memory_is_its_own(attack: Runs, path: str) -> None:
    """A run may look at its own memory, but learns no physical address and reaches nobody else."""
    code = f"""
import os, struct
try:
    fd = os.open({path!r}, os.O_RDONLY)
    here = id(fd) // 4096 * 8
    print(struct.unpack('Q', os.pread(fd, 8, here))[0] & (2**55 - 1) if 'pagemap' in {path!r} else 0)
except OSError:
    print(0)
"""
    assert attack.printed(code) == "0"


@pytest.mark.attack(67)
@pytest.mark.parametrize(
    "path",
    [
        "/proc/self/setgroups",
        "/proc/self/uid_map",
        "/proc/self/gid_map",
        "/proc/self/attr/current",
        "/proc/self/loginuid",
        "/proc/self/timens_offsets",
        "/proc/self/autogroup",
        "/proc/self/coredump_filter",
    ],
)
def test_files_of_a_process_change_nothing_outside(attack: Runs, path: str) -> None:
    """Files of /proc that set something are absent, refuse, or concern the run alone; the next run works."""
    attack(f"open({path!r}, 'w').write('0 0 1')")
    assert attack.printed("print(1)") == "1"


@pytest.mark.attack(67)
def test_a_crash_leaves_no_image_of_memory(attack: Runs) -> None:
    """Core dumps, which the machine may pipe to a program as root, are switched off for good."""
    code = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))"
    assert attack.printed(code) == "(0, 0)"
    assert attack("import os; os.abort()").outcome is not Outcome.SUCCEEDED
    assert not any("core" in name for name in attack.host.outputs)


@pytest.mark.attack(62)
@pytest.mark.skipif(_IS_ARM, reason="the page exists on x86 only")
def test_the_old_page_of_fast_calls_leads_nowhere(attack: Runs) -> None:
    """A jump into `vsyscall` (the time of day) answers or ends the run, and harms nobody."""
    attack("import ctypes; ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(0xffffffffff600400)(None)")
    assert attack.printed("print(1)") == "1"


_ENDLESS = {
    "epoll": "select.epoll()",
    "eventfd": "os.eventfd(0)",
    "pidfd": "os.pidfd_open(1)",
    "pipe": "os.pipe()",
    "socket": "socket.socketpair()",
    "open file": "open('/dev/null')",
    "timerfd": "libc.timerfd_create(1, 0) < 0 and fail()",
    "signalfd": "libc.signalfd(-1, bytes(8), 0) < 0 and fail()",
    "timer": "libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())) and fail()",
    "thread": "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "queued signal": "libc.sigqueue(1, 35, None) and fail()",
    "descriptor in flight": "ends[0].sendmsg([b'x'], [(1, 1, array.array('i', [0] * 200))])",
}


@pytest.mark.attack(70)
@pytest.mark.parametrize("make", _ENDLESS.values(), ids=_ENDLESS)
def test_nothing_can_be_had_without_number(attack: Runs, make: str) -> None:
    """What the kernel keeps for a process, and counts for all, ends at a limit of the run's own."""
    code = f"""
import array, ctypes, os, select, signal, socket, threading, time
libc = ctypes.CDLL(None, use_errno=True)
signal.pthread_sigmask(signal.SIG_BLOCK, [35])
ends = socket.socketpair()
def fail(): raise OSError(ctypes.get_errno(), 'no more')
held = []
try:
    for _ in range(5000): held.append({make})
except (OSError, RuntimeError): pass
os.write(1, str(len(held)).encode())
os._exit(0)
"""
    result = attack(code)
    # A watchdog takes sockets for as much memory as they may hold, so it may be quicker.
    assert result.outcome is Outcome.KILLED or int(result.stdout) < 600, result


@pytest.mark.attack(42, 69)
def test_the_supervisor_cannot_be_named(attack: Runs) -> None:
    """The process beside the run is in another pid namespace: no number and no descriptor means it."""
    code = """
import os
print(os.getppid(), [pid for pid in range(2, 5000) if os.path.exists(f'/proc/{pid}')])
for act in (lambda: os.pidfd_open(os.getppid() or 99), lambda: os.kill(os.getppid() or 99, 19)):
    try:
        act()
    except OSError as error:
        print(type(error).__name__)
"""
    assert attack.printed(code).split("\n") == ["0 []", "ProcessLookupError", "ProcessLookupError"]


@pytest.mark.attack(46)
@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sysrq-trigger",
        "/sys/fs/cgroup/memory/release_agent",
        "/sys/kernel/uevent_helper",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/fuse",
        "/dev/net/tun",
        "/dev/kvm",
        "/dev/tty",
        "/dev/ptmx",
    ],
)
def test_no_switch_or_device_can_be_opened(attack: Runs, path: str) -> None:
    """Neither reading nor writing finds a switch or a device of the machine."""
    code = f"import os\nprint([os.access({path!r}, mode) for mode in (0, 4, 2)])"
    assert attack.printed(code) == "[False, False, False]"
    assert attack(f"open({path!r}, 'w').write('x')").outcome is Outcome.FAILED


@pytest.mark.attack(45)
def test_there_is_no_terminal(attack: Runs) -> None:
    """The run has no controlling terminal, and cannot get one."""
    code = "import os\nos.setsid() if os.getpid() != os.getsid(0) else None\nos.open('/dev/tty', os.O_RDWR)"
    assert "Error" in attack(code).stderr
