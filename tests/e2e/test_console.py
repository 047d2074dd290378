"""The console as a person uses it, and the model behind it."""

import signal
import subprocess
import time
from pathlib import Path

from tests.support.model_endpoint import Events, ModelEndpoint, Request, runs, says
from tests.support.program import Program


def test_a_question_is_answered_with_code_that_loads_the_file(served: Program, table: Path) -> None:
    """The model sees the file's id, runs code with it, sees the result, and its output is kept."""

    def code(request: Request) -> Events:
        file_id = request.file_ids[0]
        return runs(f"df = load_file('{file_id}')\ndf.to_csv('copy.csv')\nprint(df['value'].sum())")

    with ModelEndpoint([code, says("The sum is 6.")]) as endpoint:
        served.environment |= {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_MODEL": "test"}
        ended = served.console(f"/upload {table}", "What is the sum?", "/quit")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "The sum is 6." in ended.stdout
        assert "copy.csv" in ended.stdout
        assert "6" in str(endpoint.requests[1].tool_results)
    started = served.json("history", "--user", "alice", "--type", "ExecutionStarted")["events"][0]
    assert started["data"]["model"] == "test"


def test_ask_prints_one_document(served: Program, table: Path) -> None:
    """Answer and executions, as scripts expect them."""
    served.json("upload", "--user", "alice", str(table))
    with ModelEndpoint([runs("print(40 + 2)"), says("It is 42.")]) as endpoint:
        served.environment |= {"OPENAI_BASE_URL": endpoint.base_url}
        document = served.json("ask", "--user", "alice", "What is 40 + 2?")
    assert document["answer"].endswith("It is 42.")
    assert [run["stdout"].strip() for run in document["executions"]] == ["42"]


def test_without_a_model_the_console_says_how_to_set_one(served: Program) -> None:
    """One clear line; /run works all the same."""
    ended = served.console("hello?", "/run print(6 * 7)", "/quit")
    assert "Set OPENAI_API_KEY" in ended.stdout
    assert "42" in ended.stdout
    assert ended.returncode == 1
    assert served.run("ask", "--user", "alice", "hello?").returncode == 3


def test_the_console_ends_without_a_warning(served: Program) -> None:
    """What follows the ledger in the background is stopped before the ledger is closed."""
    ended = served.console("/quit")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_fenced_block_runs_whole(served: Program) -> None:
    """/run and the lines between the fences, blank lines and indents kept."""
    ended = served.console(
        "/run", "```python", "for i in range(2):", "    print('line', i)", "", "1/0", "```", "/quit"
    )
    assert "line 1" in ended.stdout
    assert "ZeroDivisionError" in ended.stdout
    assert "failed" in ended.stdout
    assert ended.returncode == 1


def test_run_alone_does_not_swallow_the_next_line(served: Program) -> None:
    """Without a fenced block after it /run says so, and the next line is obeyed."""
    ended = served.console("/run", "/files", "/quit")
    assert "There is no code to run" in ended.stdout
    assert "Your Files: 0/20" in ended.stdout


def test_why_finds_a_file_that_is_gone_by_its_name(served: Program, table: Path) -> None:
    """A name means the newest file of that name, in the list or not."""
    ended = served.console(f"/upload {table}", "/delete table.csv", "/why table.csv", "/quit")
    assert "It was deleted by user:alice" in ended.stdout, ended.stdout
    assert f"{table.stat().st_size} bytes freed" in " ".join(ended.stdout.split())


def test_every_command_answers(served: Program, table: Path, tmp_path: Path) -> None:
    """Help, list, download, why, delete, history; a wrong one says so and the talk goes on."""
    ended = served.console(
        "/help",
        f"/upload '{table}'",
        "/head table.csv",
        f"/download table.csv {tmp_path / 'copy.csv'}",
        "/why table.csv",
        "/delete table.csv",
        "/files",
        "/history",
        "/nonsense",
        "/stats none.csv",
        "/quit",
    )
    assert (tmp_path / "copy.csv").read_bytes() == table.read_bytes()
    for words in (
        "/correlations FILE",
        "was uploaded by user:alice",
        "is deleted",
        "Your Files: 0/20",
        "FileDeleted",
        "There is no command /nonsense",
        "You have no file 'none.csv'",
    ):
        assert words in ended.stdout, ended.stdout


def test_an_upload_goes_on_without_mongodb(served: Program, table: Path) -> None:
    """The ledger is the truth: with the views' server out of reach an upload is kept and listed later."""
    uri = served.environment["MONGODB_URI"]
    served.environment["MONGODB_URI"] = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"
    document = served.json("upload", "--user", "alice", str(table))
    assert document["count"] == 1
    assert served.run("files", "--user", "alice").returncode == 3
    served.environment["MONGODB_URI"] = uri
    assert [file["filename"] for file in served.json("files", "--user", "alice")["files"]] == ["table.csv"]


def test_two_processes_share_one_data_folder(served: Program, table: Path) -> None:
    """While a console is open, a command sees its files and the console sees the command's."""
    with served.start("console", "--user", "alice", stdin=-1) as console:
        served.json("upload", "--user", "alice", str(table))
        out, _ = console.communicate("/files\n/quit\n", timeout=60)
    assert "table.csv" in out


def test_a_damaged_ledger_of_one_keeps_the_console_open_for_others(served: Program, table: Path) -> None:
    """With alice's key gone and a file of hers due, bob's console starts and lists."""
    served.environment["FILE_EXPIRATION_HOURS"] = "0.0003"
    served.json("upload", "--user", "alice", str(table))
    for key in (served.data_dir / "keys").iterdir():
        key.unlink()
    time.sleep(1.5)
    ended = served.console(f"/upload {table}", "/files", "/quit", user="bob")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "File uploaded successfully" in ended.stdout


def test_the_keyboards_interrupt_cancels_the_run_and_keeps_what_it_made(served: Program) -> None:
    """The outcome names who stopped it, in the ledger too; what it made is kept, and the console goes on."""
    code = "import time; open('half.txt', 'w').write('half'); print('up'); time.sleep(80)"
    with served.start("console", "--user", "alice", stdin=subprocess.PIPE, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"/run {code}\n")
        while "up" not in (line := process.stdout.readline()) or "print" in line:
            assert line, "the console ended"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate("/run print(6 * 7)\n/quit\n", timeout=30)
    assert "cancelled by its user" in out
    assert "half.txt" in out
    assert "42" in out
    events = served.json("history", "--user", "alice", "--type", "ExecutionFinished")["events"]
    assert [event["data"]["stopped_by"] for event in events] == ["user:alice", ""]


def test_a_run_in_a_pipe_prints_at_once_and_a_signal_cuts_it(served: Program, tmp_path: Path) -> None:
    """What was printed can be read before the end; the ledger tells of the signal, the exit status too."""
    script = tmp_path / "latin.py"
    code = (
        "# coding: latin-1\nopen('half.txt', 'w').write('half')\nprint('née')\nimport time; time.sleep(80)\n"
    )
    script.write_bytes(code.encode("latin-1"))
    with served.start("run", "--user", "alice", str(script)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "née\n"
        process.send_signal(signal.SIGTERM)
        out, remarks = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM, remarks
    assert not out
    assert "half.txt" in remarks
    assert "cancelled by a signal to the program (SIGTERM)" in remarks
    (event,) = served.json("history", "--user", "alice", "--type", "ExecutionFinished")["events"]
    assert event["data"]["stopped_by"] == "system:signal-SIGTERM"
