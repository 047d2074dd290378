"""Auditing on the command line: trails, looks of operators, fsck, export and import."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.program import PROJECT, Program

TOOL = PROJECT / "tools" / "verify_offline.py"


def test_audit_07_a_trail_from_the_command_line_is_sound_for_the_offline_verifier(
    served: Program, table: Path, tmp_path: Path
) -> None:
    """As JSONL and as CSV, all of it without a limit."""
    served.json("upload", "--user", "alice", *[str(table)] * 3)
    for form in ("--jsonl", "--csv"):
        trail = tmp_path / f"trail{form}"
        command = ("history", "--user", "alice", form)
        with trail.open("wb") as out, served.start(*command, stdout=out) as process:
            _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        auditor = [sys.executable, str(TOOL), "--trail", str(trail)]
        ended = subprocess.run(auditor, capture_output=True, text=True, check=False, timeout=60)
        assert (ended.returncode, "1 trails" in ended.stdout) == (0, True)
    lines = (tmp_path / "trail--jsonl").read_text().splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["LedgerOpened", *["FileUploaded"] * 3, "Trailer"]


def test_audit_30_what_an_operator_reads_on_the_command_line_is_shown_to_the_owner(
    served: Program, table: Path
) -> None:
    """With --as, every way to look is an event; without, a user reads what is the user's own."""
    upload = served.json("upload", "--user", "alice", str(table))["files"][0]
    looks = {
        "history": ("history", "--user", "alice"),
        "file_lists": ("files", "--user", "alice", "--at", "2"),
        "reasons": ("why", upload["file_id"]),
        "provenance": ("provenance", upload["file_id"]),
    }
    for look in looks.values():
        assert served.run("--as", "root", *look).returncode == 0
    seen = served.json("history", "--user", "alice", "--type", "HistoryRead")["events"]
    assert [(event["actor"], event["data"]["what"]) for event in seen] == [("admin:root", it) for it in looks]
    served.environment["FILELEDGER_OPERATOR"] = "alice"
    assert served.json("history", "--user", "alice", "--type", "HistoryRead")["events"] == seen


def test_audit_25_fsck_finds_planted_damage_and_says_what_to_do(served: Program, table: Path) -> None:
    """Exit code 1 and the next step; a dry run tells the steps, the repair takes them, and verify agrees."""
    first, second = (served.json("upload", "--user", "alice", str(table))["files"][0] for _ in range(2))
    third = served.json("upload", "--user", "bob", str(table))["files"][0]
    assert served.json("fsck")["ok"] is True
    folder = served.data_dir / "user_files"
    (folder / "alice" / f"{first['file_id']}.csv").unlink()
    (folder / "bob" / f"{third['file_id']}.csv").write_text("forged")
    (folder / "bob" / "stray").write_text("stray")

    found = served.json("fsck", code=1)
    assert [it["file_id"] for it in found["missing"]] == [first["file_id"]]
    assert [it["file_id"] for it in found["altered"]] == [third["file_id"]]
    assert [it["path"] for it in found["orphans"]] == ["bob/stray"]
    assert "fsck --repair --dry-run" in found["next"]
    planned = served.json("fsck", "--repair", "--dry-run", code=1)
    steps = ["record_loss", "restore", "set_aside", "set_aside"]
    assert sorted(it["action"] for it in planned["planned"]) == steps
    assert planned["repaired"] == []
    mended = served.json("fsck", "--repair")
    assert (mended["repaired"], mended["planned"]) == (planned["planned"], [])
    assert served.json("fsck")["ok"] is served.json("verify")["ok"] is True
    assert served.json("why", third["file_id"])["state"] == "lost"
    assert [it["file_id"] for it in served.json("files", "--user", "alice")["files"]] == [
        first["file_id"],
        second["file_id"],
    ]
