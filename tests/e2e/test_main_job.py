"""The main job, as a new user does it: upload, run, get results, expire, audit, replay."""

import hashlib
import json
import re
import shutil
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.program import PROJECT, Program

EXAMPLE = PROJECT / "examples" / "penguins.csv"


def test_the_console_shows_statistics_draws_a_chart_and_leaves_a_trail(program: Program) -> None:
    """A real data set is uploaded, described and drawn; the history names every step."""
    ended = program.console(
        f"/upload {EXAMPLE}",
        "/stats penguins.csv",
        "/plot penguins.csv",
        "/files",
        "/history",
        "/quit",
        "/never",
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "File uploaded successfully" in ended.stdout
    assert "Your Files  1/20" in ended.stdout
    assert "344 rows x 17 columns" in ended.stdout
    assert re.search(r"Culmen Length \(mm\)\s+43\.92", ended.stdout)  # the mean of the 342 measured penguins
    assert "/never" not in ended.stdout
    for kind in ("LedgerOpened", "FileUploaded", "ExecutionStarted", "FileGenerated", "ExecutionFinished"):
        assert kind in ended.stdout
    charts = list((program.data_dir / "user_files" / "alice").glob("*.png"))
    assert charts
    assert all(chart.read_bytes().startswith(b"\x89PNG") for chart in charts)


def test_the_21st_upload_at_a_limit_of_20_evicts_the_first(served: Program, tmp_path: Path) -> None:
    """20 are listed; the first is gone from list, disk and code, and its why names the 21st."""
    paths = []
    for number in range(21):
        path = tmp_path / f"file{number}.csv"
        path.write_text(f"n\n{number}\n")
        paths.append(str(path))
    first = served.json("upload", "--user", "alice", paths[0])["files"][0]
    uploaded = served.json("upload", "--user", "alice", *paths[1:])
    assert uploaded["evicted"] == [first["file_id"]]
    assert (uploaded["count"], uploaded["limit"]) == (20, 20)
    listed = served.json("files", "--user", "alice")
    names = [file["filename"] for file in listed["files"]]
    assert names == [f"file{number}.csv" for number in range(1, 21)]
    assert served.on_disk() == {f"{file['file_id']}.csv" for file in listed["files"]}
    script = tmp_path / "gone.py"
    script.write_text(f"load_file({first['file_id']!r})")
    run = served.json("run", "--user", "alice", str(script), code=1)
    assert "FileNotFoundError" in run["stderr"]
    why = served.json("why", first["file_id"])
    assert why["state"] == "evicted"
    assert f"made room for file20.csv ({uploaded['files'][-1]['file_id']})" in why["text"]
    assert [event["type"] for event in why["because"]] == [
        "FileUploaded",
        "FileEvicted",
        "FileUploaded",
        "FileBytesPurged",
    ]


def test_outputs_are_kept_copied_and_given_back(served: Program, table: Path, tmp_path: Path) -> None:
    """What a run makes is a file of the user's, in --out too, with its digest."""
    file_id = served.json("upload", "--user", "alice", str(table))["files"][0]["file_id"]
    script = tmp_path / "work.py"
    script.write_text(
        f"df = load_file({file_id!r})\ndf.describe().to_csv('statistics.csv')\nprint(df['value'].sum())\n"
    )
    run = served.json("run", "--user", "alice", "--out", str(tmp_path / "out"), str(script))
    assert (run["outcome"], run["exit_code"], run["stdout"].strip()) == ("succeeded", 0, "6")
    (made,) = run["files"]
    assert (made["filename"], made["origin"]) == ("statistics.csv", run["execution_id"])
    content = Path(made["path"]).read_bytes()
    assert Path(made["path"]).parent == tmp_path / "out"
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    served.json("download", made["file_id"], "--user", "alice", "-o", str(tmp_path / "again.csv"))
    assert (tmp_path / "again.csv").read_bytes() == content
    finished = served.json("history", "--user", "alice", "--type", "ExecutionFinished")["events"][0]
    assert finished["data"]["loaded_file_ids"] == [file_id]


def test_a_file_leaves_list_and_disk_within_a_second_of_its_time(served: Program, table: Path) -> None:
    """FILE_EXPIRATION_HOURS=0.001 is 3.6 s: there before, gone by itself right after."""
    served.environment["FILE_EXPIRATION_HOURS"] = "0.001"
    with served.start("console", "--user", "alice", stdin=-1, stdout=-1) as console:
        assert console.stdin is not None
        console.stdin.write(f"/upload {table}\n")
        console.stdin.flush()
        files = served.data_dir / "user_files" / "alice"
        deadline = time.monotonic() + 60
        while not list(files.glob("*.csv")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert served.on_disk()
        late_s = 0.0  # what this machine makes any process wait, beside what the program does
        while served.on_disk() and time.monotonic() < deadline:
            began = time.monotonic()
            time.sleep(0.02)
            late_s = max(late_s, time.monotonic() - began - 0.02)
        gone_at = datetime.now(UTC)
        console.communicate("/files\n/quit\n", timeout=60)
    history = served.json("history", "--user", "alice")["events"]
    assert [event["type"] for event in history][1:] == ["FileUploaded", "FileExpired", "FileBytesPurged"]
    due = datetime.fromisoformat(history[1]["data"]["expires_at"])
    assert timedelta(0) <= gone_at - due < timedelta(seconds=1 + late_s)
    assert datetime.fromisoformat(history[2]["at"]) >= due
    assert served.json("files", "--user", "alice")["files"] == []


def test_a_process_that_was_off_catches_up(served: Program, table: Path) -> None:
    """What came due while nothing ran is gone at the next command."""
    served.environment["FILE_EXPIRATION_HOURS"] = "0.0005"
    served.json("upload", "--user", "alice", str(table))
    time.sleep(2)
    assert served.json("files", "--user", "alice")["files"] == []
    assert served.on_disk() == set()


def test_minus_one_keeps_for_ever(served: Program, table: Path) -> None:
    """FILE_EXPIRATION_HOURS=-1 gives no expiry, and nothing is ever due."""
    served.environment["FILE_EXPIRATION_HOURS"] = "-1"
    assert served.json("upload", "--user", "alice", str(table))["files"][0]["expires_at"] is None
    assert served.json("expire", "--now", "2999-01-01")["expired"] == []


def test_expire_takes_another_present(served: Program, table: Path) -> None:
    """--now in 47 h expires nothing, in 49 h the file."""
    file = served.json("upload", "--user", "alice", str(table))["files"][0]
    uploaded = datetime.fromisoformat(file["uploaded_at"])
    assert datetime.fromisoformat(file["expires_at"]) == uploaded + timedelta(hours=48)
    early, late = uploaded + timedelta(hours=47), uploaded + timedelta(hours=49)
    assert served.json("expire", "--now", early.isoformat())["expired"] == []
    assert served.json("expire", "--now", late.isoformat())["expired"] == [file["file_id"]]
    assert served.on_disk() == set()


def test_the_views_come_back_from_the_ledger_alone(program: Program, table: Path) -> None:
    """With the whole MongoDB folder gone, replay brings back the same digests."""
    program.console(f"/upload {table}", f"/upload {table}", "/stats table.csv", "/delete table.csv", "/quit")
    before = program.json("replay")["views"]
    assert {view["name"] for view in before} == {"user_files", "user_quotas", "executions"}
    assert all(view["digest_before"] == view["digest_after"] for view in before)
    shutil.rmtree(program.data_dir / "mongodb")
    after = program.json("replay")["views"]
    assert {view["name"]: view["digest_after"] for view in after} == {
        view["name"]: view["digest_after"] for view in before
    }
    assert len(program.json("files", "--user", "alice")["files"]) >= 1


def test_a_flipped_byte_of_a_stored_event_is_named(served: Program, table: Path) -> None:
    """Verify exits 0, then 1 with user and sequence."""
    for _ in range(3):
        served.json("upload", "--user", "alice", str(table))
    assert served.json("verify")["ok"] is True
    connection = sqlite3.connect(served.data_dir / "ledger" / "ledger.db", isolation_level=None)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    (state,) = connection.execute("SELECT state FROM stored_events WHERE originator_version = 3").fetchone()
    flipped = bytes([*state[:100], state[100] ^ 1, *state[101:]])
    connection.execute("UPDATE stored_events SET state = ? WHERE originator_version = 3", (flipped,))
    connection.close()
    report = served.json("verify", code=1)
    assert report["ok"] is False
    first, *more = report["problems"]
    assert (first["kind"], first["user_id"], first["sequence"]) == ("chain", "alice", 3)
    # What follows from it may be told as well: that the file which the event speaks of is not found.
    assert {problem["sequence"] for problem in more} <= {3, None}


def test_an_altered_or_missing_file_is_named(served: Program, table: Path) -> None:
    """Verify reads the bytes of every live file."""
    ids = [served.json("upload", "--user", "alice", str(table))["files"][0]["file_id"] for _ in range(2)]
    folder = served.data_dir / "user_files" / "alice"
    (folder / f"{ids[0]}.csv").write_text("name,value\nä,1\nb,2\nc,4\n", encoding="utf-8")
    (folder / f"{ids[1]}.csv").unlink()
    problems = served.json("verify", code=1)["problems"]
    assert [problem["kind"] for problem in problems] == ["blob_altered", "blob_missing"]
    assert ids[0] in problems[0]["detail"]


def test_the_past_is_listed(served: Program, table: Path) -> None:
    """--at and --as-of show the list before a deletion; --after continues a history."""
    file = served.json("upload", "--user", "alice", str(table))["files"][0]
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    served.json("delete", file["file_id"], "--user", "alice")
    assert served.json("files", "--user", "alice")["files"] == []
    assert served.json("files", "--user", "alice", "--as-of", moment)["files"] == [file]
    assert served.json("files", "--user", "alice", "--at", "2")["files"] == [file]
    assert served.json("files", "--user", "alice", "--at", "1")["files"] == []
    assert "No file at that time" in served.run("files", "--user", "alice", "--at", "1").stdout
    page = served.json("history", "--user", "alice", "--limit", "2")
    rest = served.json("history", "--user", "alice", "--after", str(page["next"]))
    sequences = [event["sequence"] for event in page["events"] + rest["events"]]
    assert sequences == [1, 2, 3, 4]
    assert rest["next"] is None
    lines = served.run("history", "--user", "alice", "--jsonl").stdout.splitlines()
    assert [json.loads(line)["type"] for line in lines][-2:] == ["FileBytesPurged", "Trailer"]
    table_text = served.run("history", "--user", "alice", "--csv").stdout
    assert re.search(r'^3,\d+,.*"FileDeleted","user:alice"', table_text, re.MULTILINE)
