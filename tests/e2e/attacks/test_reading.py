import os
import socket
from pathlib import Path

import pytest

from domain.executions import Outcome
from tests.support.sandboxes import RecordingHost, Runs

_OPEN = """
import os, host_files
granted = host_files.open_granted("abcdefghijkl")
"""


@pytest.fixture
def upload(tmp_path: Path, attack: Runs) -> Path:
    """A file that the run may read."""
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0o600)
    attack.host.granted["abcdefghijkl"] = path
    return path


@pytest.mark.attack(28)
@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/shadow", "/root", "/home", "/sys", "/var", "/run", "/etc/hosts"]
)
def test_the_hosts_folders_are_absent(attack: Runs, path: str) -> None:
    """Nothing of the machine but programs and libraries is there to be opened."""
    assert attack.printed(f"import os; print(os.path.exists({path!r}))") == "False"


@pytest.mark.attack(28)
def test_the_program_and_its_data_are_absent(attack: Runs, secret: Path) -> None:
    """Neither a file of the host nor the program's own folder can be seen."""
    repository = Path(__file__).parents[3]
    code = f"import os; print([os.path.exists(p) for p in ({str(secret)!r}, {str(repository / 'domain')!r})])"
    assert attack.printed(code) == "[False, False]"


@pytest.mark.attack(28)
def test_only_the_known_folders_are_at_the_root(attack: Runs) -> None:
    """The root holds what was put there, and nothing else."""
    known = {
        "bin",
        "dev",
        "etc",
        "fonts",
        "guest",
        "layers",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "proc",
        "tmp",
        "usr",
        "venv",
    }
    base = Path(os.path.realpath(Path(__file__).parents[3] / ".venv-sandbox/bin/python")).parts[1]
    found = set(attack.printed("import os; print(*os.listdir('/'))").split())
    assert found <= known | {"work", "python", base}


@pytest.mark.attack(29)
@pytest.mark.parametrize("source", ["os.environ", "/proc/self/environ", "/proc/1/environ"])
def test_the_environment_is_the_fixed_list(
    attack: Runs, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable of the host reaches the run, by whatever door."""
    monkeypatch.setenv("DISCORD_TOKEN", "secret-token")
    read = (
        f"open({source!r}).read().split(chr(0))"
        if source.startswith("/")
        else "[f'{k}={v}' for k, v in os.environ.items()]"
    )
    names = {
        entry.split("=")[0]
        for entry in attack.printed(f"import os; print(*{read}, sep=chr(10))").split("\n")
        if entry
    }
    assert names <= {
        *(
            "PATH",
            "HOME",
            "USER",
            "TMPDIR",
            "LANG",
            "TZ",
            "PWD",
            "MPLBACKEND",
            "MPLCONFIGDIR",
            "XDG_CACHE_HOME",
        ),
        *(
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONPATH",
            "PYTHONUTF8",
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "NUMEXPR_MAX_THREADS",
        ),
    }


@pytest.mark.attack(30)
def test_no_descriptor_of_the_host_is_inherited(attack: Runs, secret: Path) -> None:
    """The run holds its streams and nothing else; none of them leads to a file of the host."""
    with secret.open() as held, socket.socket(socket.AF_UNIX) as listening:
        os.set_inheritable(held.fileno(), True)  # noqa: FBT003 - its only form
        os.set_inheritable(listening.fileno(), True)  # noqa: FBT003 - its only form
        code = """
import os
for fd in sorted(map(int, os.listdir('/proc/self/fd'))):
    try:
        print(fd, os.readlink(f'/proc/self/fd/{fd}').split(':')[0])
    except OSError:
        pass
"""
        lines = attack.printed(code).splitlines()
    assert lines == ["0 /dev/null", "1 pipe", "2 pipe"]


def test_a_granted_file_can_be_read_by_descriptor_and_by_path(attack: Runs, upload: Path) -> None:
    """What the host grants is there to be read, in this process and in others, after a change of folder."""
    code = (
        _OPEN
        + """
os.chdir('/tmp')
print(os.read(granted.fd, 100), granted.filename)
import subprocess
path = f'/dev/fd/{granted.fd}'
print(subprocess.run(['cat', path], pass_fds=[granted.fd], capture_output=True).stdout)
"""
    )
    content = upload.read_bytes()
    assert attack.printed(code).splitlines() == [f"{content!r} numbers.csv", f"{content!r}"]
    assert attack("1").loaded_file_ids == ()


@pytest.mark.attack(31)
def test_loaded_files_are_recorded_by_the_host(attack: Runs, upload: Path) -> None:
    """The host, not the run, says which files were loaded."""
    del upload
    assert attack(_OPEN * 2).loaded_file_ids == ("abcdefghijkl",)


@pytest.mark.attack(33)
def test_a_granted_file_cannot_be_written(attack: Runs, upload: Path) -> None:
    """No way of opening or changing the file through its descriptor works."""
    code = (
        _OPEN
        + """
import fcntl
def refused(action):
    try:
        action()
    except OSError as error:
        return True
    return False
link = f'/proc/self/fd/{granted.fd}'
print(all(map(refused, [
    lambda: os.write(granted.fd, b'x'),
    lambda: os.open(link, os.O_RDWR),
    lambda: os.open(link, os.O_WRONLY | os.O_TRUNC),
    lambda: os.truncate(link, 0),
    lambda: os.ftruncate(granted.fd, 0),
    lambda: os.chmod(link, 0o666),
    lambda: os.fchmod(granted.fd, 0o666),
    lambda: os.utime(link, (0, 0)),
    lambda: os.setxattr(link, 'user.x', b'y'),
    lambda: os.link(link, '/work/mine', follow_symlinks=True),
    lambda: os.posix_fallocate(granted.fd, 0, 10**6),
])))
"""
    )
    before = upload.stat()
    assert attack.printed(code) == "True"
    assert upload.read_text() == "a,b\n1,2\n"
    assert upload.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.attack(28, 33)
def test_nothing_around_a_granted_file_can_be_reached(attack: Runs, upload: Path, secret: Path) -> None:
    """The descriptor of a file is no way to the folder that the file is in."""
    del upload
    code = (
        _OPEN
        + f"""
link = f'/proc/self/fd/{{granted.fd}}'
for path in (link + '/../{secret.name}', os.path.dirname(os.readlink(link)) + '/{secret.name}'):
    print(os.path.exists(path))
"""
    )
    assert attack.printed(code).split() == ["False", "False"]


_NOT_AN_ID = ["foreignfile1", "../../etc/passwd", "x" * 10**7, "' OR 1=1 --", "\x00", "\ud800", ""]


@pytest.mark.attack(31)
@pytest.mark.parametrize("file_id", _NOT_AN_ID, ids=lambda text: repr(text[:12]))
def test_whatever_is_not_granted_is_the_same_error(attack: Runs, file_id: str) -> None:
    """Absent, foreign, and absurd ids: one error, without a hint."""
    result = attack(f"load_file({file_id!r})" if len(file_id) < 100 else "load_file('x' * 10**7)")
    assert result.outcome is Outcome.FAILED
    assert "You have no file" in result.stderr
    assert result.loaded_file_ids == ()


@pytest.mark.attack(31)
@pytest.mark.parametrize("file_id", ["7", "None", "['a']", "object()", "b'abc'"])
def test_an_id_that_is_no_text_is_the_same_error(attack: Runs, file_id: str) -> None:
    """An id of the wrong type is no file either."""
    assert "You have no file" in attack(f"load_file({file_id})").stderr


def test_one_run_cannot_poison_the_next(attack: Runs) -> None:
    """Changed modules and built-ins are gone with the process."""
    attack("""
import builtins, sys
open('/tmp/left', 'w').close(); open('/dev/shm/left', 'w').close(); open('left', 'w').close()
builtins.print = sys.modules['json'] = None
""")
    code = """
import json, os
print(json.dumps(1), *(sorted(os.listdir(folder)) for folder in ('/tmp', '/dev/shm', '/work')))
"""
    assert attack.printed(code) == "1 ['.code', '.home', '.matplotlib'] [] []"


@pytest.mark.parametrize(
    "folder", ["/usr/lib", "/venv/lib", "/guest", "/fonts", "/layers", "/", "/dev", "/etc"]
)
def test_what_runs_share_is_read_only(attack: Runs, folder: str) -> None:
    """Nothing that another run will see can be written."""
    result = attack(f"open('{folder}/new.py', 'w')")
    assert "Read-only file system" in result.stderr or "Permission denied" in result.stderr


@pytest.mark.attack(31)
def test_two_hosts_do_not_share_files(sandbox: object, attack: Runs, upload: Path) -> None:
    """A file granted to one run is no file for another."""
    del upload, sandbox
    other = Runs(attack.sandbox, RecordingHost())
    assert "You have no file" in other(_OPEN).stderr
