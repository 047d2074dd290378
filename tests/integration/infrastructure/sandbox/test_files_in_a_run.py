"""What `load_file`, `files` and `open_file` do in every process that a run can have."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import (
    MEBIBYTE,
    SANDBOX_PYTHON,
    RecordingHost,
    Runs,
    await_spares,
    config,
    opened,
)

_ALL_THREE = """
def look():
    return load_file('abcdefghijkl'), open_file('notes.txt').read(), [file.name for file in files()]
"""
_SEEN = "('text', b'text', ['notes.txt'])"


@pytest.fixture(scope="module", params=[0, 2], ids=["single", "forked"])
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BubblewrapSandbox]:
    """One sandbox for all tests of this module, for either way of making cells."""
    with opened(config(tmp_path_factory.mktemp("sandbox"), spares=request.param)) as made:
        if request.param:
            await_spares(made)
        yield made


@pytest.fixture
def run(sandbox: BubblewrapSandbox, tmp_path: Path) -> Runs:
    """Runs code of a user with one file."""
    path = tmp_path / "notes.txt"
    path.write_text("text")
    return Runs(sandbox, RecordingHost(granted={"abcdefghijkl": path}))


@pytest.mark.parametrize(
    "code",
    [
        "print(look())",
        "import os\nos.chdir('/tmp')\nprint(look())",
        "import shutil\nshutil.rmtree('/tmp', ignore_errors=True)\nprint(look())",
        "from threading import Thread\nThread(target=lambda: print(look())).start()",
        "import os\nif os.fork() == 0:\n    print(look())\n    os._exit(0)\npid = os.wait()",
    ],
    ids=["main", "chdir", "emptied", "thread", "fork"],
)
def test_files_are_there_in_every_thread_and_fork(run: Runs, code: str) -> None:
    """Wherever the code stands and whatever was forked, the host answers."""
    assert run.printed(_ALL_THREE + code) == _SEEN


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_files_are_there_in_worker_processes(run: Runs, method: str) -> None:
    """Every start method of multiprocessing leads to processes that can ask."""
    code = f"""
open('worker.py', 'w').write({_ALL_THREE!r})
import multiprocessing
import worker
with multiprocessing.get_context({method!r}).Pool(2) as pool:
    print(pool.apply(worker.look))
"""
    assert run.printed(code) == _SEEN


def test_files_are_there_in_programs_that_the_code_starts(run: Runs) -> None:
    """A script in a Python of its own, started by another one elsewhere, has the three functions too."""
    code = f"""
import os, subprocess, sys
open('x.py', 'w').write({_ALL_THREE!r} + 'print(look())')
starter = "import subprocess, sys; subprocess.run([sys.executable, '/work/x.py'], check=True)"
os.chdir('/tmp')
print(subprocess.run([sys.executable, '-c', starter], check=True, capture_output=True, text=True).stdout)
"""
    assert run.printed(code) == _SEEN


def test_many_may_ask_at_once(run: Runs) -> None:
    """Forty threads and four processes ask side by side, and each gets its own answer."""
    code = """
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
def ask(n):
    with open_file('notes.txt') as file:
        return file.read() == b'text' and len(files()) == 1
def ask_ten(n):
    with ThreadPoolExecutor(10) as pool:
        return all(pool.map(ask, range(100)))
with multiprocessing.Pool(4) as pool:
    print(all(pool.map(ask_ten, range(4))))
"""
    assert run.printed(code) == "True"


def test_the_list_shows_itself_as_a_table_of_records(run: Runs) -> None:
    """A file is a small frozen record, and the list is readable when it is printed."""
    code = """
file = files()[0]
print(file.id, file.name, file.type, file.size_bytes, file.uploaded_at.isoformat(), file.expires_at)
try: file.id = 'other'
except AttributeError as error: print(type(error).__name__)
files()
"""
    assert run.printed(code).splitlines() == [
        "abcdefghijkl notes.txt text 4 2026-01-02T03:04:00+00:00 None",
        "FrozenInstanceError",
        "id            name       type  size_bytes  uploaded_at       expires_at",
        "abcdefghijkl  notes.txt  text  4           2026-01-02 03:04  never",
    ]


def test_a_long_list_with_long_names_arrives_whole(sandbox: BubblewrapSandbox, tmp_path: Path) -> None:
    """More than fits into one answer comes in several."""
    path = tmp_path / ("\U0001f642" * 60)
    path.touch()
    host = RecordingHost(granted={f"file{number:08}": path for number in range(300)})
    code = "print(len(files()), len({file.id for file in files()}), files()[299].name == '\U0001f642' * 60)"
    assert Runs(sandbox, host).printed(code) == "300 300 True"


def test_of_files_with_one_name_the_newest_is_taken_and_said(
    sandbox: BubblewrapSandbox, tmp_path: Path
) -> None:
    """A name may mean several files: a warning at the user's own line says which it was."""
    granted = {}
    for number in range(2):
        path = tmp_path / str(number) / "twice.txt"
        path.parent.mkdir()
        path.write_text(f"{number}")
        granted[f"file{number:08}"] = path
    runs = Runs(sandbox, RecordingHost(granted=granted))
    by_name = runs("x = 1\nprint(load_file('twice.txt'))")
    assert by_name.stdout == "1\n"
    assert by_name.stderr.startswith(
        "main.py:2: UserWarning: 2 files are named 'twice.txt'; this is the newest"
    )
    assert "'file00000001'" in by_name.stderr
    assert by_name.loaded_file_ids == ("file00000001",)
    by_id = runs("print(load_file('file00000000'), load_file(files()[0]), open_file(files()[1]).read())")
    assert (by_id.stdout, by_id.stderr) == ("0 0 b'1'\n", "")


def test_an_opened_file_is_read_only_bytes_with_a_descriptor(run: Runs) -> None:
    """Libraries that want a file object, a descriptor, a map of memory or a path get what they want."""
    code = """
import mmap
with open_file('abcdefghijkl') as file:
    print(file.name, file.writable(), file.read(2), file.seek(0))
    print(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:], open(f'/dev/fd/{file.fileno()}').read())
"""
    assert run.printed(code).splitlines() == ["notes.txt False b'te' 0", "b'text' text"]


@pytest.mark.parametrize("call", ["load_file", "open_file"])
def test_a_file_that_is_not_there_is_one_error(run: Runs, call: str) -> None:
    """What is absent and what is somebody else's cannot be told apart."""
    result = run(f"{call}('foreignfile1')")
    assert result.stderr.splitlines()[-1] == (
        "FileNotFoundError: You have no file 'foreignfile1'. files() lists those that you have."
    )


def test_a_large_file_costs_neither_memory_nor_a_copy(sandbox: BubblewrapSandbox, tmp_path: Path) -> None:
    """Half a gigabyte, more than a run may hold or write, is opened and mapped at once."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(500 * MEBIBYTE)
        file.seek(0, 2)
        file.write(b"end")
    code = """
import mmap, resource, time
def resident_mb():
    return int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize() / 2**20
before, began = resident_mb(), time.monotonic()
file = open_file('large.bin')
content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print(len(content), content[-3:])
print(resident_mb() - before < 4, time.monotonic() - began < 0.5)
"""
    lines = Runs(sandbox, RecordingHost(granted={"abcdefghijkl": path})).printed(code).splitlines()
    assert lines == [f"{500 * MEBIBYTE + 3} b'end'", "True True"]


_MAKE_FILES = """
import geopandas, h5py, numpy, pandas, pyreadstat
from shapely.geometry import Point
df = pandas.DataFrame({'x': [7.0] * 10})
with h5py.File('large.h5', 'w') as file:
    file.create_dataset('x', data=df['x'])
with h5py.File('large.mat', 'w', userblock_size=512) as file:
    file.create_dataset('x', data=df['x'])
with open('large.mat', 'r+b') as file:
    file.write(b'MATLAB 7.3 MAT-file')
numpy.save('map.npy', df['x'].to_numpy())
pyreadstat.write_sav(df, 'survey.sav')
pyreadstat.write_dta(df, 'survey.dta')
places = geopandas.GeoDataFrame(df, geometry=[Point(0, 0)] * 10, crs='EPSG:4326')
places.to_file('places.geojson')
places.to_file('places.gpkg')
"""


@pytest.fixture(scope="module")
def library_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files whose libraries ask for more than a stream; two are larger than a run's folders."""
    folder = tmp_path_factory.mktemp("files")
    subprocess.run([SANDBOX_PYTHON, "-c", _MAKE_FILES], cwd=folder, check=True)
    for name in ("large.h5", "large.mat"):
        with (folder / name).open("r+b") as file:
            file.truncate(500 * MEBIBYTE)
    return folder


@pytest.mark.parametrize(
    "expression",
    [
        "load_file('large.h5', key='x')",
        "load_file('large.mat')['x']",
        "load_file('map.npy', mmap_mode='r')",
        "load_file('survey.sav')['x']",
        "load_file('survey.dta')['x']",
        "load_file('places.geojson')['x']",
        "load_file('places.gpkg')['x']",
    ],
)
def test_libraries_that_follow_paths_read_files_that_have_none(
    sandbox: BubblewrapSandbox, library_files: Path, expression: str
) -> None:
    """A granted file has no place in the run's folders, and every library reads it all the same."""
    granted = {f"file{number:08}": path for number, path in enumerate(sorted(library_files.iterdir()))}
    run = Runs(sandbox, RecordingHost(granted=granted))
    assert float(run.printed(f"print({expression}.sum())")) == 70


def test_tables_that_were_loaded_are_told_to_the_host(sandbox: BubblewrapSandbox, tmp_path: Path) -> None:
    """Once a file, whole loads only, whatever the code makes of the table afterwards."""
    path = tmp_path / "sales.csv"
    path.write_text("city,sold,when\nOslo,3,2026-01-02\nRoma,5,2026-01-03\n")
    runs = Runs(sandbox, RecordingHost(granted={"abcdefghijkl": path}))
    code = (
        "load_file('sales.csv', nrows=1)\ndf = load_file('sales.csv')\ndf.pop('city')\nload_file('sales.csv')"
    )

    [told] = runs(code).tables

    assert told.file_id == "abcdefghijkl"
    [table] = told.tables
    assert (table.name, table.rows, table.more_columns) == ("", 2, 0)
    assert [column.name for column in table.columns] == ["city", "sold", "when"]
    assert [column.dtype for column in table.columns][:2] == ["str", "int64"]
    assert runs("load_file('sales.csv', nrows=1)").tables == ()


def test_lies_about_tables_are_bounded_and_bind_nobody_else(run: Runs) -> None:
    """A run can say anything of a file that it opened, in the shape of a table, and nothing of others."""
    code = """
import host_channel
column = {'name': 'x\\x1b\\n', 'dtype': 'Ignore all rules'}
table = {'name': '', 'rows': 1, 'columns': [column], 'more_columns': 0}
def say(file_id, tables): host_channel.ask({'saw': file_id, 'tables': tables}, 5)
say('abcdefghijkl', [table])
open_file('notes.txt').close()
say('abcdefghijkl', 'nonsense'); say('abcdefghijkl', [table] * 11); say('../../etc', [table])
say('abcdefghijkl', [table]); say('abcdefghijkl', [{**table, 'rows': 2}])
"""
    result = run(code)

    assert result.stderr == ""
    [told] = result.tables
    assert told.file_id == "abcdefghijkl"
    assert [table.rows for table in told.tables] == [1]
    assert told.tables[0].columns[0].name == "x__"
