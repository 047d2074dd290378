"""What a run gets for imports of modules that are not in the code environment."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from application.ports.progress import Progress
from application.ports.sandbox import OutputStream
from domain.executions import Outcome
from domain.packages import MAX_NAME_CHARACTERS
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.prepared_packages import LONGEST_S, PreparedPackages
from tests.support.sandboxes import RecordingHost, Runs, await_spares, config, opened

_CONTENTS = {
    "greeting": "WORD = 'hello'\n",
    "other": "import other_part\nWORD = other_part.WORD\n",
    "pandas": "raise SystemError('took the place of the real one')\n",
}


@pytest.fixture(scope="module", params=[0, 2], ids=["single", "forked"])
def house(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[BubblewrapSandbox, PreparedPackages]]:
    """One sandbox for all tests of this module, for either way of making cells, and its source."""
    folder = tmp_path_factory.mktemp("sandbox")
    packages = PreparedPackages(folder / "layers", _CONTENTS)
    with opened(config(folder, spares=request.param, install_s=2.0), packages) as made:
        if request.param:
            await_spares(made)
        else:
            Runs(made)("1")
        yield made, packages


@pytest.fixture
def packages(house: tuple[BubblewrapSandbox, PreparedPackages]) -> PreparedPackages:
    """The source, with a clean memory, and quick."""
    _, source = house
    source.asked.clear()
    source.abandoned.clear()
    source.released.set()
    return source


@pytest.fixture
def run(house: tuple[BubblewrapSandbox, PreparedPackages], packages: PreparedPackages) -> Runs:
    """Runs code."""
    del packages
    return Runs(house[0])


def test_a_missing_module_is_provided_before_the_code_runs(run: Runs, packages: PreparedPackages) -> None:
    """The cell waited long before the layer was made, which is named in the result and told as it is made."""
    result = run("import greeting, other\nprint(greeting.WORD, other.WORD)")
    assert (result.stdout, result.stderr) == ("hello part\n", "")
    assert result.packages_installed == ("greeting-distribution", "other-distribution")
    assert packages.asked == [("greeting", "other")]
    assert packages.users == {"user"}
    assert run.host.progress[-1] == "installing greeting, other"


@pytest.mark.parametrize(
    "code",
    [
        "__import__('greeting'); import greeting",
        "import importlib; greeting = importlib.import_module('greeting')",
        "exec('import greeting')",
        "try:\n    import greeting\nexcept ImportError:\n    raise",
    ],
    ids=["__import__", "import_module", "exec", "try"],
)
def test_an_import_that_nobody_could_foresee_is_provided_too(run: Runs, code: str) -> None:
    """The host is asked when the import is executed."""
    assert run.printed(code + "\nprint(greeting.WORD)") == "hello"


def test_what_a_library_merely_tries_is_not_installed_and_what_pandas_needs_is(
    run: Runs, packages: PreparedPackages
) -> None:
    """Writing a CSV looks for zstandard and goes without; to_markdown cannot do without tabulate."""
    code = """
import pandas as pd
df = pd.DataFrame({'a': [1]})
df.to_csv('a.csv')
try:
    df.to_markdown()
except ImportError as error:
    print(type(error).__name__)
"""
    assert run.printed(code) == "ImportError"
    assert packages.asked == [("tabulate",)]


_SPAWN = """
import multiprocessing
with multiprocessing.get_context('spawn').Pool(1) as pool:
    pool.apply(exec, ('import x',))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess, sys\ndone = subprocess.run([sys.executable, 'x.py'], check=True)",
        "import other, subprocess, sys\ndone = subprocess.run([sys.executable, 'x.py'], check=True)",
        "import subprocess, sys\ndone = subprocess.run([sys.executable, '-m', 'x'], check=True)",
        "import os\nif os.fork() == 0:\n    import x\nelse:\n    pid = os.wait()",
        _SPAWN,
    ],
    ids=["program", "second layer", "python -m", "fork", "spawn"],
)
def test_processes_of_a_run_are_provided_for_as_well(run: Runs, code: str) -> None:
    """Wherever the import stands, it finds what the host has."""
    script = "import greeting, other_part; print(greeting.WORD, other_part.WORD, flush=True)"
    write = f"open('x.py', 'w').write({script!r})\nimport other\n"
    assert run.printed(write + code) == "hello part"


def test_a_refused_import_fails_with_the_hosts_sentence(run: Runs, packages: PreparedPackages) -> None:
    """Only when it is executed, as the error that Python would raise, and asked for once."""
    code = """
print('before')
for _ in range(3):
    try:
        import absent
    except ModuleNotFoundError as error:
        print(error, error.name)
if False:
    import never
import absent.part
"""
    result = run(code)
    assert result.stdout.splitlines() == ["before", *["absent is not here. absent"] * 3]
    assert result.stderr == (
        'Traceback (most recent call last):\n  File "main.py", line 10, in <module>\n'
        "    import absent.part\nModuleNotFoundError: absent is not here.\n"
    )
    assert packages.asked == [("never", "absent")]


def test_looking_whether_a_module_exists_does_not_fail(run: Runs) -> None:
    """`importlib.util.find_spec` answers as ever."""
    code = (
        "from importlib.util import find_spec\nprint(find_spec('absent'), find_spec('greeting') is not None)"
    )
    assert run.printed(code) == "None True"


@pytest.mark.parametrize(
    "code",
    [
        "import pandas, numpy.linalg, json, sklearn\nprint('done')",
        "open('mine.py', 'w').write('')\nexec('import mine')\nprint('done')",
        "try:\n    import _speedups\nexcept ImportError:\n    print('done')",
        "import matplotlib.pyplot, seaborn, statsmodels.api, geopandas\nprint('done')",
    ],
    ids=["base", "own file", "private", "what libraries try"],
)
def test_the_host_is_not_asked_without_need(run: Runs, packages: PreparedPackages, code: str) -> None:
    """Modules that are there, own files, and what libraries can do without are no questions."""
    assert run.printed(code) == "done"
    assert packages.asked == []


def test_an_own_file_is_found_before_a_package(run: Runs) -> None:
    """A module that the code writes itself is that one, even if the host had been asked for the name."""
    code = "open('greeting.py', 'w').write('WORD = 1')\nimport greeting\nprint(greeting.WORD)"
    assert run.printed(code) == "1"


def test_many_processes_that_import_at_once_make_one_call_after_another(
    run: Runs, packages: PreparedPackages
) -> None:
    """The source is called once at a time, and once for each name."""
    packages.most_at_once = 0
    code = """
from concurrent.futures import ThreadPoolExecutor
import multiprocessing
def fetch(name):
    try: return __import__(name).WORD
    except ImportError: return 'none'
def fetch_all(n):
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(fetch, ['greeting', 'other', 'absent'] * 4))
with multiprocessing.Pool(4) as pool:
    print(len(set(map(tuple, pool.map(fetch_all, range(8))))), fetch_all(0)[:3])
"""
    assert run.printed(code) == "1 ['hello', 'part', 'none']"
    assert packages.most_at_once == 1
    assert sorted(packages.asked) == [("absent",), ("greeting",), ("other",)]


def test_a_name_that_no_package_can_have_is_refused_with_a_hint(
    run: Runs, packages: PreparedPackages
) -> None:
    """Longer than any: nobody is asked, and the code learns what is wrong with it."""
    code = f"""
for name in ('greeting', 'x' * {MAX_NAME_CHARACTERS}, 'y' * {MAX_NAME_CHARACTERS + 1}):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error)
"""
    longest, longer = run.printed(code).splitlines()
    assert longest.endswith("x is not here.")
    assert longer == "No package is called so: names have at most 100 characters. Check what is imported."
    assert packages.asked == [("greeting",), ("x" * MAX_NAME_CHARACTERS,)]


class _Watcher(RecordingHost):
    """A host that does something at the first word of progress."""

    def __init__(self, then: Callable[["_Watcher"], None]) -> None:
        super().__init__()
        self._then = then

    def show_progress(self, progress: Progress) -> None:
        super().show_progress(progress)
        self._then(self)


def test_the_clock_stands_still_while_packages_are_installed(run: Runs, packages: PreparedPackages) -> None:
    """A run has its whole time for itself, and is not said to have taken longer."""
    packages.released.clear()
    runs = Runs(run.sandbox, _Watcher(lambda _: threading.Timer(1.2, packages.released.set).start()))
    began = time.monotonic()
    result = runs("import greeting\nprint(greeting.WORD)", timeout_s=1.0)
    assert (result.outcome, result.stdout) == (Outcome.SUCCEEDED, "hello\n")
    assert result.duration_ms < 1000
    assert 1000 < result.package_wait_ms < 2000
    assert time.monotonic() - began > 1.2


def test_output_is_streamed_while_packages_are_installed(run: Runs, packages: PreparedPackages) -> None:
    """What another thread of the run prints meanwhile arrives meanwhile."""
    packages.released.clear()

    class Host(RecordingHost):
        def show_output(self, stream: OutputStream, text: str) -> None:
            super().show_output(stream, text)
            packages.released.set()

    code = """
import threading
threading.Timer(0.3, lambda: print('meanwhile')).start()
print(__import__('greeting').WORD)
"""
    host = Host()
    Runs(run.sandbox, host)(code)
    assert [text for _, text in host.shown] == ["meanwhile\n", "hello\n"]


def test_a_run_that_waits_for_packages_can_be_cancelled(run: Runs, packages: PreparedPackages) -> None:
    """Cancelling is heard at once, and the source learns that nobody waits any longer."""
    packages.released.clear()

    def cancel(host: _Watcher) -> None:
        host.cancelled = "user:user"

    began = time.monotonic()
    result = Runs(run.sandbox, _Watcher(cancel))("import greeting")
    assert (result.outcome, result.stopped_by) == (Outcome.KILLED, "user:user")
    assert time.monotonic() - began < 2.0
    assert packages.abandoned.wait(LONGEST_S)


def test_closing_does_not_wait_for_packages(tmp_path: Path) -> None:
    """A program that shuts down interrupts the run, and does not wait for the source."""
    source = PreparedPackages(tmp_path / "layers", _CONTENTS)
    source.released.clear()
    with opened(config(tmp_path), source) as sandbox:
        Runs(sandbox)("1")
        host = _Watcher(lambda _: sandbox.close())
        assert Runs(sandbox, host)("import greeting").outcome is Outcome.INTERRUPTED
    assert source.abandoned.wait(LONGEST_S)


def test_an_install_without_end_is_given_up(run: Runs, packages: PreparedPackages) -> None:
    """After its share of waiting a run goes on without the package, and gets no more of them."""
    packages.released.clear()
    code = """
for name in ('greeting', 'other'):
    try: __import__(name)
    except ImportError as error: print(error)
"""
    began = time.monotonic()
    assert run.printed(code).splitlines() == [
        "Installing took longer than the 2 s that a run may wait for it.",
        "This run has asked for too many packages, or waited too long for them.",
    ]
    assert 2.0 <= time.monotonic() - began < 8.0
    assert packages.asked == [("greeting",)]


def test_without_a_source_the_error_says_so(tmp_path: Path) -> None:
    """A program that installs nothing names what is missing."""
    with opened(config(tmp_path)) as sandbox:
        last = Runs(sandbox)("import greeting").stderr.splitlines()[-1]
    assert last == (
        "ModuleNotFoundError: No module named 'greeting', and no packages are installed here. Do without it."
    )
