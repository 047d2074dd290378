"""Attacks on the way by which a run asks its host."""

import os
import threading
from collections.abc import Container
from pathlib import Path
from typing import Self

import pytest

from domain.executions import Outcome
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import RecordingHost, Runs

pytestmark = pytest.mark.attack(32)

_CONNECT = """
import array, json, os, socket, time
def connect(timeout_s=1.0):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(timeout_s)
    s.connect('\\0host')
    return s
"""


@pytest.fixture
def asking(sandbox: BubblewrapSandbox, tmp_path: Path) -> Runs:
    """Runs hostile code of a user with one file."""
    path = tmp_path / "notes.txt"
    path.write_text("text")
    return Runs(sandbox, RecordingHost(granted={"abcdefghijkl": path}))


class _Descriptors:
    """The most descriptors that this process held while it was looked at."""

    def __init__(self) -> None:
        self.most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self.before = self._count()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.002):
            self.most = max(self.most, self._count())

    @staticmethod
    def _count() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts, nothing else


_HOLDING = """
held = []
try:
    for n in range(1000):
        held.append(connect())
        ACT
except OSError as error:
    print(type(error).__name__)
time.sleep(0.3)
def carries_descriptor(s):
    s.settimeout(0)
    try: return bool(s.recvmsg(1000, 100, socket.MSG_PEEK)[1])
    except OSError: return False
print(sum(map(carries_descriptor, held)), flush=True)
"""
_SOME = range(1, 17)  # a busy host has not come to all of them in that time
_ASK = 'held[-1].send(b\'{"open": "abcdefghijkl"}\')'


@pytest.mark.parametrize(
    ("act", "on_their_way"),
    [
        ("pass", {0}),
        (_ASK, _SOME),
        (f"{_ASK}; held[-1].send(b'more')", _SOME),
        (f"{_ASK}; held[-1].shutdown(socket.SHUT_WR)", _SOME),
        (f"{_ASK}; held[-1].shutdown(socket.SHUT_RDWR)", range(17)),
    ],
    ids=["silent", "not reading", "sending on", "half shut down", "shut down"],
)
def test_a_run_that_holds_connections_is_heard_no_longer(
    asking: Runs, act: str, on_their_way: Container[int]
) -> None:
    """Of a thousand connections the host holds a few; no more answers than that are on their way."""
    with _Descriptors() as descriptors:
        result = asking(_CONNECT + _HOLDING.replace("ACT", act))
    # A watchdog takes sockets for as much memory as they may hold, so it may be quicker.
    if result.outcome is not Outcome.KILLED or "memory" not in result.explanation:
        answer, count = result.stdout.split()
        assert answer == "BlockingIOError"
        assert int(count) in on_their_way
    assert descriptors.most - descriptors.before < 64


def test_another_run_is_answered_meanwhile(asking: Runs, sandbox: BubblewrapSandbox) -> None:
    """Whoever fills the way to the host fills the own one."""
    hostile = Runs(sandbox, RecordingHost())
    code = _CONNECT + _HOLDING.replace("ACT", "pass") + "time.sleep(60)"
    thread = threading.Thread(target=hostile, args=(code,), kwargs={"timeout_s": 60})
    thread.start()
    try:
        assert asking.printed("print(load_file('notes.txt'))") == "text"
    finally:
        hostile.host.cancelled = "user:user"
        thread.join()


def test_those_who_let_go_are_heard_again(asking: Runs) -> None:
    """A program that opens too much at once by mistake is not punished when it has closed it."""
    code = (
        _CONNECT
        + """
held = []
try:
    while True: held.append(connect(0.1))
except OSError: pass
for s in held: s.close()
print(len(held) >= 16, load_file('notes.txt'))
"""
    )
    assert asking.printed(code) == "True text"


_FRAMES = [
    "b'not json'",
    "b'{\"open\":'",
    "b'[1, 2]'",
    "b'[' * 60000",
    "b'{\"open\": ' + b'9' * 5000 + b'}'",
    "b'{}'",
    "b'{\"open\": null}'",
    "b'{\"files\": -1}'",
    'b\'{"files": "0"}\'',
    'b\'{"import": "os"}\'',
    "b' ' * 65536",
    "b' ' * 100000",
]


def test_what_is_no_question_ends_the_connection(asking: Runs) -> None:
    """Without an answer, whatever it is; and the next question is answered as ever."""
    code = f"""{_CONNECT}
for frame in ({", ".join(_FRAMES)}):
    s = connect()
    try:
        s.send(frame)
        print(s.recv(100))
    except ConnectionError: print(b'')
print(load_file('notes.txt'))
"""
    assert asking.printed(code).splitlines() == ["b''"] * len(_FRAMES) + ["text"]


def test_odd_modules_are_no_questions_to_the_source(asking: Runs) -> None:
    """What cannot be a name of a module is not passed on, and breaks nothing; a long one is refused."""
    code = f"""{_CONNECT}
s = connect()
s.send(json.dumps({{'import': [1, None, [], {{}}, 'x' * 1000]}}).encode())
answer = json.loads(s.recv(4000))
print(answer['layers'], *answer['refused'].values())
"""
    assert asking.printed(code).startswith("[] No package is called so: names have at most 100 characters.")


def test_attached_descriptors_are_not_taken(asking: Runs) -> None:
    """The host ends with as many descriptors as it began with."""
    code = f"""{_CONNECT}
for _ in range(100):
    s = connect()
    s.sendmsg([b'{{"files": 0}}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2] * 80))])
    try: print(s.recv(100))
    except ConnectionError: print(b'')
    s.close()
time.sleep(0.5)
"""
    with _Descriptors() as descriptors:
        assert set(asking.printed(code).splitlines()) == {"b''"}
    assert descriptors.most - descriptors.before < 64


def test_nobody_in_the_run_can_take_the_hosts_place(asking: Runs) -> None:
    """The address is taken for as long as the host listens."""
    code = """
import socket
try: socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind('\\0host')
except OSError as error: print(error.strerror)
print(load_file('notes.txt'))
"""
    assert asking.printed(code).splitlines() == ["Address already in use", "text"]


def test_a_run_that_asks_without_end_can_be_cancelled(asking: Runs) -> None:
    """Questions are no obstacle to the end of a run."""
    asking.host.cancelled = ""

    class Host(RecordingHost):
        def show_output(self, stream: object, text: str) -> None:
            self.cancelled = "user:user"

    host = Host(granted=asking.host.granted)
    code = "print('up')\nwhile True:\n    try: open_file('notes.txt')\n    except Exception: pass"
    result = Runs(asking.sandbox, host)(code)
    assert (result.outcome, result.stopped_by) == (Outcome.KILLED, "user:user")
    assert result.duration_ms < 3000


def test_after_its_last_question_a_run_goes_on_unheard(asking: Runs) -> None:
    """Two thousand are answered; then the functions say that there is no answer."""
    code = """
count = 0
try:
    while True:
        files(); count += 1
except RuntimeError as error:
    print(count, error)
"""
    assert asking.printed(code) == "2000 The host no longer answers this run."
