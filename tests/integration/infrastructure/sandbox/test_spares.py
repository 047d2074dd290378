import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from domain.executions import Outcome
from infrastructure.sandbox import boundary, spares, zygote
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.cells import CellError
from infrastructure.sandbox.zygote import Zygote
from tests.support.sandboxes import RecordingHost, Runs, await_spares, config, opened, spares_check

_IS_FORKED = "import sys; print('pandas' in sys.modules)"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[BubblewrapSandbox]:
    """A sandbox of the test's own, with two spares ready."""
    with opened(config(tmp_path, spares=2)) as made:
        await_spares(made)
        yield made


@pytest.fixture(scope="module")
def everybodys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BubblewrapSandbox]:
    """A sandbox for all tests that leave its zygote alive."""
    with opened(config(tmp_path_factory.mktemp("sandbox"), spares=2)) as made:
        yield made


@pytest.fixture
def shared(everybodys: BubblewrapSandbox) -> BubblewrapSandbox:
    """The one for all, with two spares ready."""
    await_spares(everybodys)
    return everybodys


def _zygote_pid(sandbox: BubblewrapSandbox) -> int:
    words = spares_check(sandbox).detail.split()
    return int(words[words.index("process") + 1].rstrip(","))


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _is_running(pid: int) -> bool:
    """Tell whether a process lives (a dead one that nobody has buried does not)."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_spare_is_used_and_made_anew(shared: BubblewrapSandbox) -> None:
    """A run gets a process that has imported already, and another one takes its place."""
    waiting = set(_children(_zygote_pid(shared)))
    assert Runs(shared).printed(_IS_FORKED) == "True"
    await_spares(shared)
    assert len(waiting) == 2
    assert _wait_until(lambda: len(set(_children(_zygote_pid(shared))) - waiting) == 1)
    assert _wait_until(lambda: len(waiting & set(_children(_zygote_pid(shared)))) == 1)


def test_more_runs_than_spares_are_forked_on_demand(shared: BubblewrapSandbox) -> None:
    """Twenty runs of five users at once all end well, each in a process of its own."""
    printed: list[str] = []
    code = "import os; open('mine', 'w').close(); print(os.listdir(), os.getpid())"

    def user() -> None:
        runs = Runs(shared)
        printed.extend(runs.printed(code) for _ in range(4))

    threads = [threading.Thread(target=user) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert printed == ["['mine'] 1"] * 20


_CHART = """
import resource
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
import matplotlib.pyplot as plt, pandas as pd
df = pd.DataFrame({'city': ['a', 'b'] * 5000, 'price': range(10_000)})
print(df.groupby('city')['price'].mean())
df['price'].head(500).plot()
plt.savefig('chart.png')
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults_of_a_chart(sandbox: BubblewrapSandbox) -> int:
    return int(Runs(sandbox).printed(_CHART).split()[-1])


def test_a_spare_that_waited_has_its_memory_copied(
    shared: BubblewrapSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run in it traps half as often at most, and the operator is told what spares hold."""

    def own_mb() -> list[int]:
        words = spares_check(shared).detail.partition("with ")[2].partition(" MB of their own")[0]
        return [int(word) for word in words.split(" and ") if word.isdigit()]

    assert _wait_until(lambda: len(own_mb()) == 2 and min(own_mb()) >= 12)
    copied = _faults_of_a_chart(shared)
    monkeypatch.setattr(spares, "_QUIET_S", math.inf)
    for _ in range(2):
        await_spares(shared)
        Runs(shared)("1")
    await_spares(shared)
    assert copied * 2 < _faults_of_a_chart(shared)


def test_a_zygote_without_a_rehearsal_makes_spares_that_work(tmp_path: Path) -> None:
    """Where it cannot be seen what runs write to nothing is copied, and all else is as ever."""
    copy = tmp_path / "guest"
    shutil.copytree(config(tmp_path).guest_folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    zygote_script = (copy / "zygote.py").read_text()
    assert zygote_script.count("copied_pages.learn(_typical_run)") == 1
    broken = zygote_script.replace("learn(_typical_run)", "learn(lambda: 1 / 0)")
    (copy / "zygote.py").write_text(broken)
    with opened(config(tmp_path, spares=1, guest_folder=copy)) as sandbox:
        await_spares(sandbox, "1 ready")
        time.sleep(1.5)
        assert Runs(sandbox).printed(_IS_FORKED) == "True"


def test_no_two_runs_draw_the_same_numbers(shared: BubblewrapSandbox) -> None:
    """Random numbers of every kind differ between forks of one process."""
    code = """
import random, tempfile, uuid
import numpy as np
print(random.random(), np.random.rand(), np.random.default_rng().random(), uuid.uuid4(), tempfile.mktemp())
"""
    drawn = [Runs(shared).printed(code).split() for _ in range(3)]
    assert all(len(set(column)) == 3 for column in zip(*drawn, strict=True))


def test_libraries_with_threads_of_their_own_work_in_a_fork(shared: BubblewrapSandbox) -> None:
    """Linear algebra, Arrow and expressions on large tables find the threads that they want."""
    code = """
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.compute as pc
a = np.ones((600, 600))
print((a @ a)[0, 0], np.linalg.inv(np.eye(300)).trace())
df = pd.DataFrame({'x': np.arange(2_000_000.0)})
print((df.x * 2 + df.x).sum(), df.eval('x * 2').iloc[-1])
table = pa.table({'s': ['a', 'b'] * 50_000})
print(pc.count_distinct(table['s']).as_py(), pa.default_memory_pool().backend_name)
df.head(1000).to_parquet('t.parquet'); print(len(pd.read_parquet('t.parquet')))
"""
    assert Runs(shared).printed(code).splitlines()[:2] == ["600.0 300.0", "5999997000000.0 3999998.0"]


def test_a_killed_zygote_is_replaced(sandbox: BubblewrapSandbox) -> None:
    """The run after its death works, and soon there are spares again, of another process."""
    killed = _zygote_pid(sandbox)
    os.kill(killed, signal.SIGKILL)
    assert _wait_until(lambda: not _is_running(killed))
    assert Runs(sandbox).printed("print('works')") == "works"
    assert _wait_until(lambda: "process" in spares_check(sandbox).detail)
    await_spares(sandbox)
    assert _zygote_pid(sandbox) != killed
    assert Runs(sandbox).printed(_IS_FORKED) == "True"


def test_a_stuck_zygote_is_replaced(sandbox: BubblewrapSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not answer is given up, and runs do without until there is another."""
    stopped = _zygote_pid(sandbox)
    os.kill(stopped, signal.SIGSTOP)
    with monkeypatch.context() as hasty:  # for the stopped one: its successor has all the time it needs
        hasty.setattr(zygote, "_FORK_S", 2.0)
        for _ in range(4):
            assert Runs(sandbox).printed("print('works')") == "works"
    assert _wait_until(lambda: f"process {stopped}," not in spares_check(sandbox).detail)
    await_spares(sandbox)
    assert _wait_until(lambda: not _is_running(stopped))


def test_killed_spares_are_not_used(shared: BubblewrapSandbox) -> None:
    """A spare that died while it waited is no run's problem."""
    for spare in _children(_zygote_pid(shared)):
        os.kill(spare, signal.SIGKILL)
    assert [Runs(shared).printed(_IS_FORKED) for _ in range(3)] == ["True"] * 3


def test_a_zygote_is_replaced_after_its_share_of_forks(tmp_path: Path) -> None:
    """Age brings a new one, while a run of the old one goes on to its end."""
    with opened(config(tmp_path, spares=1, zygote_forks=4)) as sandbox:
        await_spares(sandbox, "1 ready")
        first, host = _zygote_pid(sandbox), RecordingHost()
        code = "import time; print('up'); time.sleep(8); print('end')"
        long_run = threading.Thread(target=Runs(sandbox, host), args=(code,))
        long_run.start()
        assert _wait_until(lambda: bool(host.shown))
        for _ in range(4):
            Runs(sandbox)("1")
        assert _wait_until(
            lambda: "1 ready" in spares_check(sandbox).detail and _zygote_pid(sandbox) != first
        )
        long_run.join()
        assert "".join(text for _, text in host.shown) == "up\nend\n"
        Runs(sandbox)("1")
        assert _wait_until(lambda: not _is_running(first))


def test_spares_are_made_while_the_next_zygote_gets_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a replacement: runs get spares of the old zygote until the new one can make some."""
    monkeypatch.setattr(Zygote, "is_decided", lambda _: False)
    with opened(config(tmp_path, spares=1, zygote_forks=3)) as sandbox:
        await_spares(sandbox, "1 ready")
        first = _zygote_pid(sandbox)
        for _ in range(6):
            assert Runs(sandbox).printed(_IS_FORKED) == "True"
            await_spares(sandbox, "1 ready")
        assert _zygote_pid(sandbox) == first
        monkeypatch.undo()
        assert _wait_until(lambda: _zygote_pid(sandbox) != first)


def test_an_unfit_successor_leaves_the_old_zygote_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replacement that cannot be had costs nobody anything: the spares go on as they were."""
    with opened(config(tmp_path, spares=1, zygote_forks=2)) as sandbox:
        await_spares(sandbox, "1 ready")
        first, tries = _zygote_pid(sandbox), []

        def unfit(*_: object) -> None:
            tries.append(1)
            msg = "unfit"
            raise CellError(msg)

        monkeypatch.setattr(Zygote, "_look_at_it", unfit)
        Runs(sandbox)("1")
        assert _wait_until(lambda: bool(tries))
        await_spares(sandbox, "1 ready")
        assert Runs(sandbox).printed(_IS_FORKED) == "True"
        assert _zygote_pid(sandbox) == first


def test_memory_stays_flat_over_many_runs(shared: BubblewrapSandbox) -> None:
    """A hundred runs leave neither memory, nor descriptors, nor processes behind."""
    runs = Runs(shared)
    pid = _zygote_pid(shared)

    def held() -> tuple[int, ...]:
        await_spares(shared)
        assert _wait_until(lambda: len(_children(pid)) == 2)
        statm = (Path(f"/proc/{who}/statm").read_text().split()[1] for who in (pid, "self"))
        zygote_mb, own_mb = (int(pages) * os.sysconf("SC_PAGE_SIZE") // 2**20 for pages in statm)
        files = (len(list(Path(f"/proc/{who}/fd").iterdir())) for who in (pid, "self"))
        return (zygote_mb, own_mb, *files)

    for _ in range(5):
        runs("1")
    before = held()
    for number in range(100):
        runs(f"held = bytearray(2**20); {number}")
    after = held()
    assert _zygote_pid(shared) == pid
    assert after[0] - before[0] <= 2
    assert after[1] - before[1] <= 10
    assert after[2:] == before[2:]


def test_closing_leaves_no_process(tmp_path: Path) -> None:
    """Zygote and spares are gone when `close` returns, and no run comes after."""
    with opened(config(tmp_path, spares=2)) as sandbox:
        await_spares(sandbox)
        pids = [_zygote_pid(sandbox)]
        pids += _children(pids[0])
    assert len(pids) == 3
    assert not any(map(_is_running, pids))


def test_closing_while_the_zygote_warms_up_does_not_wait_for_it(tmp_path: Path) -> None:
    """A program that is opened and closed at once ends at once, however long the libraries take to import."""
    slow = tmp_path / "bwrap"
    bwrap = find_bwrap(config(tmp_path))
    slow.write_text(f'#!/bin/sh\ncase "$*" in *zygote.py*) exec sleep 50;; esac\nexec {bwrap} "$@"\n')
    slow.chmod(0o755)
    with opened(config(tmp_path, spares=2, bwrap=slow)) as sandbox:
        sandbox.warm()
        assert _wait_until(lambda: any(each.name == "sandbox-spares" for each in threading.enumerate()))
        began = time.monotonic()
        sandbox.close()
        assert time.monotonic() - began < 8.0


_HOST = """
import sys, time
from pathlib import Path
from tests.support.sandboxes import await_spares, config, opened
with opened(config(Path(sys.argv[1]), spares=2)) as sandbox:
    print(await_spares(sandbox).detail, flush=True)
    time.sleep(100)
"""


def test_killing_the_host_leaves_no_process(tmp_path: Path) -> None:
    """SIGKILL for the program takes zygote and spares with it."""
    repository = Path(__file__).parents[4]
    command = [sys.executable, "-c", _HOST, str(tmp_path)]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        words = host.stdout.readline().split()
        pids = [int(words[words.index("process") + 1].rstrip(","))]
        pids += _children(pids[0])
        host.kill()
    assert len(pids) == 3
    assert _wait_until(lambda: not any(map(_is_running, pids)))


def test_without_a_zygote_runs_are_started_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none can be had runs still work, and the checks say why they are slower."""

    def refuse(*_: object) -> Zygote:
        msg = "no room"
        raise CellError(msg)

    monkeypatch.setattr("infrastructure.sandbox.spares.Zygote", refuse)
    with opened(config(tmp_path, spares=2)) as sandbox:
        assert Runs(sandbox).printed(_IS_FORKED) == "False"
        check = await_spares(sandbox, "no room")
        assert Runs(sandbox).printed(_IS_FORKED) == "False"
    assert (check.ok, check.optional) == (False, True)
    assert check.remedy


def test_a_zygote_with_threads_or_shared_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that forks could write to together would be a way from run to run."""
    monkeypatch.setattr(boundary, "shared_memory", lambda _: ["7f00-7f01 rw-s"])
    with opened(config(tmp_path, spares=2)) as sandbox:
        await_spares(sandbox, "1 areas of shared memory")
        assert Runs(sandbox).printed(_IS_FORKED) == "False"


def test_a_fork_that_shares_a_namespace_with_the_zygote_is_refused(
    sandbox: BubblewrapSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look from outside holds for forks: what is not whole is not used, whoever made it."""
    whole = boundary.weaknesses

    def weak(pid: int, siblings: Sequence[int] = ()) -> list[str]:
        return whole(pid, [pid]) if siblings else []

    monkeypatch.setattr(boundary, "weaknesses", weak)
    assert [Runs(sandbox).printed(_IS_FORKED) for _ in range(3)] == ["True", "True", "False"]
    assert "shares the mnt namespace of process" in spares_check(sandbox).detail


def test_a_run_that_is_going_on_at_close_is_interrupted(sandbox: BubblewrapSandbox) -> None:
    """The zygote outlives its last run, so that the run can be told how it ended."""
    threading.Timer(0.5, sandbox.close).start()
    assert Runs(sandbox)("import time; time.sleep(30)").outcome is Outcome.INTERRUPTED
