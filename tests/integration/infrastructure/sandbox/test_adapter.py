import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.ports.sandbox import OutputStream
from domain.executions import Outcome
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import RecordingHost, Runs, await_spares, config, opened, spares_check


@pytest.fixture(scope="module", params=[0, 2], ids=["single", "forked"])
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BubblewrapSandbox]:
    """One sandbox for all tests of this module, for either way of making cells."""
    settings = config(tmp_path_factory.mktemp("sandbox"), memory_mb=1024, spares=request.param)
    with opened(settings) as made:
        if request.param:
            await_spares(made)
        yield made


@pytest.fixture
def run(sandbox: BubblewrapSandbox) -> Runs:
    """Runs code."""
    return Runs(sandbox)


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("1 + 1", "2\n"),
        ("x = 3\nx", "3\n"),
        ("'text'", "'text'\n"),
        ("None", ""),
        ("print('a')", "a\n"),
        ("for i in range(2): i", ""),
        ("import pandas as pd\npd.DataFrame({'a': [1, 2]})", "   a\n0  1\n1  2\n"),
        ("", ""),
        ("# only a comment", ""),
    ],
)
def test_the_value_of_a_last_expression_is_shown(run: Runs, code: str, printed: str) -> None:
    """Code ends as a cell of a notebook does: with the value of its last line."""
    result = run(code)
    assert (result.outcome, result.stdout, result.stderr) == (Outcome.SUCCEEDED, printed, "")


def test_a_wide_table_is_shown_whole(run: Runs) -> None:
    """Twelve columns fit on the screen."""
    code = "import pandas as pd\npd.DataFrame({f'column_{i}': [i] for i in range(12)})"
    assert "column_6" in run(code).stdout


def test_a_traceback_shows_only_the_users_lines(run: Runs) -> None:
    """Of an error deep in a library the user sees where the own code called it, and what it says."""
    result = run("import json\ndef parse(text):\n    return json.loads(text)\nparse('{')\n")
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 1)
    assert result.stderr.startswith(
        'Traceback (most recent call last):\n  File "main.py", line 4, in <module>\n'
    )
    assert '  File "main.py", line 3, in parse\n    return json.loads(text)\n' in result.stderr
    assert "decoder.py" not in result.stderr
    assert "/guest" not in result.stderr
    assert "JSONDecodeError: Expecting property name" in result.stderr


def test_a_chained_error_is_trimmed_too(run: Runs) -> None:
    """Causes are shown with the user's lines only."""
    result = run(
        "import json\ntry:\n    json.loads('{')\nexcept ValueError as e:\n    raise KeyError('x') from e"
    )
    assert "direct cause" in result.stderr
    assert "decoder.py" not in result.stderr


def test_a_syntax_error_is_shown_with_its_line(run: Runs) -> None:
    """Text that is no Python says where."""
    result = run("x = 1\ny = = 2\n")
    assert result.exit_code == 1
    assert 'File "main.py", line 2' in result.stderr
    assert "SyntaxError" in result.stderr


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("import sys; sys.exit(3)", 3),
        ("raise SystemExit", 0),
        ("import sys; sys.exit('bad')", 1),
        ("import os; os._exit(7)", 7),
        ("import sys; sys.exit(256)", 0),
    ],
)
def test_the_exit_code_is_that_of_the_process(run: Runs, code: str, exit_code: int) -> None:
    """However the code ends itself, the kernel's word counts."""
    result = run(code)
    assert result.exit_code == exit_code
    assert result.outcome is (Outcome.SUCCEEDED if exit_code == 0 else Outcome.FAILED)


_PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n"


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (_PLOT, ["figure_1.png"]),
        (_PLOT + "plt.show()\nplt.plot([3])\nplt.show()", ["figure_1.png", "figure_2.png"]),
        (_PLOT + "plt.savefig('mine.png')", ["mine.png"]),
        (_PLOT + "plt.savefig('mine.svg')\nplt.show()", ["mine.svg"]),
        ("import matplotlib\nmatplotlib.use('Agg')\n" + _PLOT + "plt.gcf().savefig('a.png')", ["a.png"]),
        (_PLOT + "1 / 0", ["figure_1.png"]),
        ("import pandas as pd\npd.Series([1, 2]).plot()", ["figure_1.png"]),
        (_PLOT + "plt.close()", []),
    ],
)
def test_figures_that_were_never_saved_are_kept(run: Runs, code: str, files: list[str]) -> None:
    """A chart is a picture, whether the code shows it, saves it or forgets it; never twice."""
    run(code)
    assert sorted(run.host.outputs) == files
    pictures = [content for name, content in run.host.outputs.items() if name.endswith(".png")]
    assert all(content.startswith(b"\x89PNG") for content in pictures)


def test_handles_of_drawings_are_not_printed(run: Runs) -> None:
    """A last line that draws shows its picture and not its objects."""
    assert run("import matplotlib.pyplot as plt\nplt.hist([1, 2, 3])").stdout == ""


def test_files_in_folders_are_outputs_with_their_path(run: Runs) -> None:
    """Everything in the working folder is an output, named from there."""
    run("""
import os
os.makedirs('a/b')
open('a/b/c.txt', 'w').write('c')
open('d.txt', 'w').write('d')
""")
    assert run.host.outputs == {"a/b/c.txt": b"c", "d.txt": b"d"}


def test_an_output_that_the_host_refuses_is_named(sandbox: BubblewrapSandbox) -> None:
    """The host's reason stands in the result."""

    class Picky(RecordingHost):
        def keep_output(self, name: str, content: object) -> str | None:
            del name, content
            return "too large"

    result = Runs(sandbox, Picky())("open('a.txt', 'w').close()")
    assert result.skipped_outputs == ("a.txt: too large",)


def test_output_arrives_while_the_run_goes_on(sandbox: BubblewrapSandbox) -> None:
    """A line is passed on when it is printed, not at the end."""
    host = RecordingHost()
    thread = threading.Thread(target=Runs(sandbox, host), args=("import time\nprint('one')\ntime.sleep(3)",))
    began = time.monotonic()
    thread.start()
    while not host.shown and time.monotonic() - began < 2.5:
        time.sleep(0.01)
    seen = list(host.shown)
    thread.join()
    assert seen == [("stdout", "one\n")]


def test_a_cancelled_run_ends_at_once(sandbox: BubblewrapSandbox) -> None:
    """Somebody's wish to stop is heard within a moment, and told; what was made until then is kept."""

    class Impatient(RecordingHost):
        def show_output(self, stream: OutputStream, text: str) -> None:
            super().show_output(stream, text)
            self.cancelled = "user:user"

    host = Impatient()
    result = Runs(sandbox, host)(
        "import time\nopen('partial.txt', 'w').write('x')\nprint('up')\ntime.sleep(60)", timeout_s=60
    )
    assert (result.outcome, result.exit_code) == (Outcome.KILLED, None)
    assert result.explanation == "The run was cancelled by its user."
    assert result.stopped_by == "user:user"
    assert result.duration_ms < 10_000
    assert host.outputs == {"partial.txt": b"x"}


def test_closing_ends_the_runs(tmp_path: Path) -> None:
    """A program that shuts down does not wait for its runs: they are interrupted."""
    with opened(config(tmp_path)) as sandbox:
        runs = Runs(sandbox)
        runs("1")
        threading.Timer(0.4, sandbox.close).start()
        result = runs("import time; time.sleep(30)")
    assert result.outcome is Outcome.INTERRUPTED
    assert result.duration_ms < 10_000


def test_runs_go_side_by_side(sandbox: BubblewrapSandbox) -> None:
    """Three runs are up at the same time, and none sees anything of another."""
    hosts = [RecordingHost() for _ in range(3)]
    code = "import os, time\nopen(str(time.time_ns()), 'w').close()\nprint(len(os.listdir()))\ntime.sleep(60)"
    threads = [threading.Thread(target=Runs(sandbox, host), args=(code,)) for host in hosts]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 15
    while not all(host.shown for host in hosts) and time.monotonic() < end:
        time.sleep(0.01)
    for host in hosts:
        host.cancelled = "user:user"
    for thread in threads:
        thread.join()
    assert [host.shown for host in hosts] == [[("stdout", "1\n")]] * 3


def test_child_processes_and_worker_pools_work(run: Runs) -> None:
    """Ordinary parallel code runs: the limits are no obstacle course."""
    code = """
import multiprocessing, subprocess
from concurrent.futures import ThreadPoolExecutor
def square(x): return x * x
with multiprocessing.Pool(2) as pool:
    print(pool.map(square, [1, 2, 3]))
print(list(ThreadPoolExecutor(4).map(square, [4])))
print(subprocess.run(['echo', 'hi'], capture_output=True, text=True).stdout.strip())
"""
    assert run.printed(code).splitlines() == ["[1, 4, 9]", "[16]", "hi"]


def test_spawned_processes_find_the_functions_of_the_code(run: Runs) -> None:
    """They import the code anew, as they would a script, which is no output for that."""
    code = """
import multiprocessing
def name(number): return multiprocessing.current_process().name.split('-')[0] * number
if __name__ == '__main__':
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        print(pool.map(name, [1]), __file__)
"""
    assert run.printed(code) == "['SpawnPoolWorker'] /work/main.py"
    assert not run.host.outputs


def test_runs_leave_nothing_open(sandbox: BubblewrapSandbox) -> None:
    """However runs end, the host holds as many descriptors and children as before."""
    runs = Runs(sandbox)
    runs("1")
    before = _at_rest(sandbox)
    for code in ("1", "1 / 0", "while True: pass", "import os; os.abort()"):
        runs(code, timeout_s=0.5)
    assert _at_rest(sandbox) == before


def _at_rest(sandbox: BubblewrapSandbox) -> int:
    """Count the open descriptors when no spare is being made, and all that ended has been closed."""
    if "none" not in spares_check(sandbox).detail:
        await_spares(sandbox)
    counts: list[int] = []
    while len(counts) < 3 or len(set(counts[-3:])) > 1:
        time.sleep(0.1)
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    return counts[-1]


def test_code_of_any_length_and_script_arrives(run: Runs) -> None:
    """A megabyte of code, with letters of every alphabet, is run."""
    filler = "x = 'ä漢🙂'\n" * 60_000
    assert run.printed(filler + "print(x)") == "ä漢🙂"


def test_fonts_are_looked_for_once(tmp_path: Path) -> None:
    """The list of fonts is made by the first run on a machine and lent to all others."""
    settings = config(tmp_path)
    with opened(settings, has_fonts=False) as first:
        runs = Runs(first)
        runs("1")
        assert any("font" in word for word in runs.host.progress)
    with opened(settings) as second:
        runs = Runs(second)
        code = """
import glob, os
import matplotlib.font_manager
print(*map(os.readlink, glob.glob(os.environ['MPLCONFIGDIR'] + '/fontlist*')))
"""
        assert "/fonts/fontlist" in runs.printed(code)
        assert runs.host.progress == []


def test_the_checks_name_every_mechanism(sandbox: BubblewrapSandbox) -> None:
    """An operator sees what holds the boundary on this machine."""
    checks = {check.name: check for check in sandbox.checks()}
    assert all(check.ok for check in checks.values())
    spaces = [f"{kind} namespace" for kind in ("user", "mount", "pid", "network", "ipc", "uts", "cgroup")]
    limits = ["system calls", "capabilities", "user id", "boundary", "memory limit", "process limit"]
    names = [f"sandbox {name}" for name in (*spaces, *limits, "proc", "files", "spares")]
    assert set(checks) == {"bubblewrap", "code environment", *names}


def test_a_run_that_ends_with_processes_left_waits_until_they_are_dead(sandbox: BubblewrapSandbox) -> None:
    """What a forked process writes after the end of the code is no output: it is dead by then."""
    host = RecordingHost()
    code = """
import os, time
if os.fork() == 0:
    while True:
        open('late.txt', 'a').write('x' * 1000)
open('early.txt', 'w').write('x')
time.sleep(0.2)
"""
    for _ in range(3):
        assert Runs(sandbox, host)(code).exit_code == 0
        assert len(host.outputs["late.txt"]) > 0
    assert host.outputs["early.txt"] == b"x"


def test_a_fork_that_runs_to_the_end_of_the_code_does_not_end_the_run(sandbox: BubblewrapSandbox) -> None:
    """Only the first process ends a run, whoever else comes to the last line before."""
    code = (
        "import os, time\nif os.fork():\n    time.sleep(0.5)\n    print('parent')\nelse:\n    print('child')"
    )
    assert Runs(sandbox).printed(code).split() == ["child", "parent"]


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("raise SystemExit(7)", 7),
        ("import os; os._exit(9)", 9),
        ("1/0", 1),
        ("import sys; sys.exit('no')", 1),
    ],
)
def test_the_exit_code_is_what_a_script_would_have(
    sandbox: BubblewrapSandbox, code: str, exit_code: int
) -> None:
    """Whether the code comes to its end or leaves at once."""
    assert Runs(sandbox)(code).exit_code == exit_code


def test_code_that_says_it_ended_is_ended(sandbox: BubblewrapSandbox) -> None:
    """Whoever asks for the end gets it: nothing runs afterwards, and the files of until then are kept."""
    host = RecordingHost()
    code = """
import sys, threading, time
sys.path.insert(0, '/guest')
import host_channel
def write():
    while True:
        open('beat.txt', 'w').write('x')
threading.Thread(target=write, daemon=True).start()
time.sleep(0.2)
host_channel.ask({'end': 5})
open('never.txt', 'w').write('x')
"""
    result = Runs(sandbox, host)(code)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 5)
    assert "beat.txt" in host.outputs
    assert "never.txt" not in host.outputs


@pytest.mark.attack(50)
def test_who_said_to_have_ended_cannot_be_continued(sandbox: BubblewrapSandbox) -> None:
    """A signal that the code prepared, to come when the host hangs up, continues nothing."""
    host = RecordingHost()
    code = """
import fcntl, os, signal, socket, sys, time
sys.path.insert(0, '/guest')
import host_channel
held = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
held.connect(chr(0) + 'host')
fcntl.fcntl(held, fcntl.F_SETOWN, os.getpid())
fcntl.fcntl(held, 10, int(signal.SIGCONT))  # F_SETSIG
fcntl.fcntl(held, fcntl.F_SETFL, fcntl.fcntl(held, fcntl.F_GETFL) | os.O_ASYNC)
open('before.bin', 'wb').write(bytes(8_000_000))
try:
    host_channel.ask({'end': 0})
finally:
    open('zz_after.txt', 'w').write('x')
"""
    for _ in range(3):
        Runs(sandbox, host)(code)
        assert "before.bin" in host.outputs
        assert "zz_after.txt" not in host.outputs
