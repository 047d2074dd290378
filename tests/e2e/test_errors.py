"""Bad input and bad machines: one clear line each, nothing lost, no traceback."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.program import Program

CAN_MOUNT = (
    subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
    ).returncode
    == 0
)
needs_mount = pytest.mark.skipif(not CAN_MOUNT, reason="needs a mount namespace of its own")


def complaint(ended: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the one line on stderr of a command that ended with `code` without a traceback."""
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_foreign_and_absent_files_are_answered_alike(served: Program, table: Path, tmp_path: Path) -> None:
    """download, delete and code give bob the same words for alice's file and for none."""
    foreign = served.json("upload", "--user", "alice", str(table))["files"][0]["file_id"]
    answers = []
    for file_id in (foreign, "000000000000"):
        script = tmp_path / "try.py"
        script.write_text(f"load_file({file_id!r})")
        said = [
            complaint(served.run("download", file_id, "--user", "bob", "-o", str(tmp_path)), 2),
            complaint(served.run("delete", file_id, "--user", "bob"), 2),
            served.json("run", "--user", "bob", str(script), code=1)["stderr"],
        ]
        answers.append([text.replace(file_id, "ID") for text in said])
    assert answers[0] == answers[1]
    assert "You have no file 'ID'" in answers[0][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FILE_EXPIRATION_HOURS", "soon"),
        ("MAX_FILES_PER_USER", "0"),
        ("CODE_EXECUTION_TIMEOUT", "-1"),
        ("OPENAI_BASE_URL", "notaurl"),
    ],
)
def test_a_bad_setting_stops_the_start_with_its_name(program: Program, name: str, value: str) -> None:
    """Variable, value and what is allowed; exit 2; nothing is created."""
    program.environment[name] = value
    line = complaint(program.run("files", "--user", "alice"), 2)
    assert line.startswith(f"{name}='{value}' is not allowed")
    assert not program.data_dir.exists()


@pytest.mark.parametrize("user", ["../evil", "", "a/b", "a b"])
def test_a_bad_user_id_is_refused(program: Program, user: str, table: Path) -> None:
    """It could name a folder outside."""
    assert "is no user id" in complaint(program.run("upload", "--user", user, str(table)), 2)


def test_unreadable_paths_are_named_and_the_others_are_taken(
    served: Program, table: Path, tmp_path: Path
) -> None:
    """A missing file, a folder and a pipe are named; the good one is uploaded."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    paths = [str(tmp_path / "none.csv"), str(tmp_path), str(pipe), str(table)]
    document = served.json("upload", "--user", "alice", *paths, code=2)
    assert [error["path"] for error in document["errors"]] == paths[:3]
    assert [file["filename"] for file in document["files"]] == ["table.csv"]
    assert len(served.on_disk()) == 1


def test_an_oversize_upload_is_refused(served: Program, tmp_path: Path) -> None:
    """MAX_FILE_SIZE_MB is named; nothing stays on the disk."""
    served.environment["MAX_FILE_SIZE_MB"] = "0.01"
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 20_000)
    assert "MAX_FILE_SIZE_MB" in complaint(served.run("upload", "--user", "alice", str(big)), 1)
    assert served.on_disk() == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--user", "a", "--timeout", "inf", "s.py"),
        ("run", "--user", "a", "--out", "s.py", "s.py"),
        ("run", "--user", "a", "invalid.py"),
        ("files", "--user", "a", "--at", "99999999999999999999"),
        ("files", "--user", "a", "--as-of", "0001-01-01T00:00:00+14:00"),
        ("history", "--user", "a", "--after", "9223372036854775808"),
        ("replay", "--to", "99999999999999999999"),
    ],
)
def test_extreme_values_are_one_clear_line(
    program: Program, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Infinite times, numbers beyond 8 bytes, a file for a folder, a script that is no text."""
    (tmp_path / "s.py").write_text("print(1)")
    (tmp_path / "invalid.py").write_bytes(b"print(1)\n#\xff\n")
    line = complaint(program.run(*arguments), 2)
    assert "should not" not in line


@pytest.mark.parametrize("redirect", [">/dev/full", ">&-"])
def test_a_closed_or_full_stdout_is_no_traceback(program: Program, redirect: str) -> None:
    """The answer that cannot be printed ends with exit 3 and at most one line."""
    program.wrapper = ["sh", "-c", f'"$@" {redirect}', "sh"]
    ended = program.run("history", "--user", "a", "--json")
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) <= 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("files",),
        ("files", "--user", "a", "--at", "x"),
        ("history", "--user", "a", "--limit", "0"),
        ("history", "--user", "a", "--limit", "9" * 23),
    ],
)
def test_wrong_usage_exits_2(program: Program, arguments: tuple[str, ...]) -> None:
    """Unknown commands, missing and malformed options."""
    ended = program.run(*arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr


@needs_mount
def test_a_full_disk_loses_nothing(program: Program, tmp_path: Path) -> None:
    """On a file system of 3 MB an upload of 5 MB fails with its cause; what was there stays whole."""
    small, big = tmp_path / "small.csv", tmp_path / "big.bin"
    small.write_text("a\n1\n")
    big.write_bytes(b"x" * 5_000_000)
    program.data_dir.mkdir()
    # The views need more room than this; they are not what is tested, and cannot stop an upload.
    program.environment["MONGODB_URI"] = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100"
    script = (
        f"mount -t tmpfs -o size=3m none {program.data_dir} && "
        '"$@" upload --user alice small.csv --json && "$@" upload --user alice big.bin; echo "exit $?"; '
        '"$@" verify --json; ls -R user_files staging'
    )
    program.wrapper = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        script.replace("ls -R", f"cd {program.data_dir}; ls -R"),
        "sh",
    ]
    ended = program.run()
    assert "exit 3" in ended.stdout, ended.stdout + ended.stderr
    assert "the disk is full" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert '"ok": true' in ended.stdout
    assert "big" not in ended.stdout.split("exit 3")[1]


@needs_mount
def test_a_read_only_data_folder_is_one_clear_line(served: Program, table: Path) -> None:
    """An upload into it is one clear line with exit 3, and nothing changes."""
    served.json("upload", "--user", "alice", str(table))
    before = served.on_disk()
    folder = served.data_dir
    served.wrapper = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        f'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec "$@"',
        "sh",
    ]
    assert "read-only" in complaint(served.run("upload", "--user", "alice", str(table)), 3)
    served.wrapper = ()
    assert served.on_disk() == before
    assert served.json("verify")["ok"] is True


def test_a_damaged_ledger_file_is_one_clear_line(program: Program, table: Path) -> None:
    """Garbage in place of the database."""
    program.json("upload", "--user", "alice", str(table))
    ledger = program.data_dir / "ledger"
    shutil.rmtree(ledger)
    ledger.mkdir()
    (ledger / "ledger.db").write_bytes(b"no database" * 500)
    assert "no ledger" in complaint(program.run("history", "--user", "alice"), 1)


def test_everything_kept_is_private(served: Program, table: Path, tmp_path: Path) -> None:
    """No folder below the data folder is open to group or others, and no key."""
    served.json("upload", "--user", "alice", str(table))
    script = tmp_path / "s.py"
    script.write_text("open('x.txt', 'w').write('x')")
    served.json("run", "--user", "alice", str(script))
    assert not stat.S_IMODE(served.data_dir.stat().st_mode) & 0o077
    folders = [path for path in served.data_dir.rglob("*") if path.is_dir()]
    keys = list((served.data_dir / "keys").iterdir())
    assert folders
    assert keys
    for path in (*folders, *keys):
        if not {"storage", "sandbox", "layers"} & set(
            path.parts
        ):  # the server's own; what holds no user's data
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_hostile_names_and_output_do_not_steer_the_terminal(served: Program, tmp_path: Path) -> None:
    """Escapes in a file's name and a run's output arrive harmless, the rest as it was printed."""
    hostile = tmp_path / "evil\x1b[2J\x07\u202e.csv"
    hostile.write_text("a\n1\n")
    shown = served.run("upload", "--user", "alice", str(hostile)).stdout
    script = tmp_path / "s.py"
    script.write_text("print('\\x1b]0;owned\\x07\\x1b[31mred [bold]markup[/bold]', 'x' * 300 + '\\t ')")
    printed = served.run("run", "--user", "alice", str(script)).stdout
    assert printed == f"�]0;owned��[31mred [bold]markup[/bold] {'x' * 300}\t \n"
    shown += printed
    shown += served.run("files", "--user", "alice").stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[bold]markup[/bold]" in shown
