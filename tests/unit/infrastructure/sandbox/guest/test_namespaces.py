import subprocess
import sys

from tests.unit.infrastructure.sandbox.guest.conftest import GUEST

_BEGIN = f"""
import ctypes, os, random, sys, threading
sys.path.append({str(GUEST)!r})
import namespaces
NAMES = ("mnt", "pid", "net", "ipc", "uts", "cgroup") + (("user",) if os.getuid() else ())
def ended(become):
    sys.stdout.flush()
    pid = namespaces.fork(become, user_namespace=os.getuid() != 0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def links():
    return [os.readlink(f"/proc/self/ns/{{name}}") for name in NAMES]
"""


def _printed(code: str) -> list[str]:
    """Return the lines that code prints in a process of its own, of one thread, as a zygote is."""
    command = [sys.executable, "-c", _BEGIN + code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
    return [*ended.stdout.splitlines(), *ended.stderr.splitlines()[-1:]]


def test_a_fork_is_the_first_of_namespaces_of_its_own() -> None:
    """It is process 1, has its maker's user and group, and none of its maker's namespaces."""
    code = """
outside, ids = links(), (os.getuid(), os.getgid())
def become():
    shared = [link for link in links() if link in outside]
    print(os.getpid(), os.getppid(), shared, (os.getuid(), os.getgid()) == ids, flush=True)
    os._exit(7)
print(ended(become))
"""
    assert _printed(code) == ["1 0 [] True", "7"]


def test_a_fork_knows_its_own_number_and_draws_its_own_numbers() -> None:
    """Locks have the right owner, and what is to be called in every fork is called."""
    code = """
def number():
    return ctypes.c_int.from_address(namespaces._place_of_thread_number()).value
random.seed(1); expected = random.Random(1).random()
def become():
    thread = threading.Thread(target=print, args=("a thread",)); thread.start(); thread.join()
    print(number(), random.random() == expected, flush=True)
    os._exit(0)
print(ended(become), number() == os.getpid(), random.random() == expected)
"""
    assert _printed(code) == ["a thread", "1 False", "0 True True"]


def test_a_fork_that_fails_does_not_go_on_as_its_maker() -> None:
    """Whatever is raised in it, it ends, and says why."""
    code = """
def become():
    raise ValueError("unfit")
print(ended(become))
"""
    assert _printed(code) == ["96", "ValueError: unfit"]
