"""Erasure from end to end: what was planted is looked for in every byte of the data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import PROJECT, Program

USER = "plantigrade"
PLANTED = {
    "user id": USER,
    "file name": "zanzibar",
    "extension": "kilimanjaro",
    "content": "quokka",
    "code": "wombat",
    "output": "numbat",
    "generated name": "bilby",
    "generated content": "dunnart",
}


def found(folder: Path) -> set[str]:
    """Return what of the planted stands in a folder: in names, and in files of whatever kind."""
    paths = list(folder.rglob("*"))
    names = "\n".join(str(path.relative_to(folder)) for path in paths).encode()
    every_byte = [names, *(path.read_bytes() for path in paths if path.is_file())]
    return {what for what, text in PLANTED.items() if any(text.encode() in each for each in every_byte)}


@pytest.mark.timeout(300)  # a dozen commands
def test_audit_22_no_byte_of_the_data_folder_tells_of_an_erased_user(served: Program, tmp_path: Path) -> None:
    """Ledger, journal, checkpoints, views, MongoDB's own files, logs: nothing; others keep theirs."""
    secret = tmp_path / "zanzibar.kilimanjaro"
    secret.write_text("quokka\n")
    script = tmp_path / "script.py"
    script.write_text(
        "word = 'num' + 'bat'  # wombat\nprint(word)\nopen('bilby.csv', 'w').write('dun' + 'nart')\n"
    )
    uploaded = served.json("upload", "--user", USER, str(secret))["files"][0]
    served.json("run", "--user", USER, str(script))
    other = served.json("upload", "--user", "bob", str(script))["files"][0]
    served.json("checkpoint")
    assert {"user id", "content", "generated content"} <= found(served.data_dir)

    report = served.json("forget", "--user", USER, "--yes")
    assert report == {"user_id": USER, "files_purged": 2, "keys_destroyed": 1}
    script.unlink()
    (served.data_dir / "user_files" / "bob" / f"{other['file_id']}.py").rename(tmp_path / "bobs")
    assert found(served.data_dir) == set()
    (tmp_path / "bobs").rename(served.data_dir / "user_files" / "bob" / f"{other['file_id']}.py")

    assert served.json("verify")["ok"] is True
    tool = [sys.executable, str(PROJECT / "tools" / "verify_offline.py")]
    journal, database = served.data_dir / "journal", served.data_dir / "ledger" / "ledger.db"
    subprocess.run([*tool, "--journal", str(journal), "--database", str(database)], check=True, timeout=60)
    replayed = served.json("replay")["views"]
    assert all(view["digest_before"] == view["digest_after"] for view in replayed)
    assert "[erased] was uploaded by [erased]" in served.json("why", uploaded["file_id"])["text"]
    restored = Program(tmp_path / "restored")
    restored.json("restore", str(journal))
    assert found(restored.data_dir) == set()
    back = served.json("upload", "--user", USER, str(secret))
    assert (back["count"], back["files"][0]["filename"]) == (1, "zanzibar.kilimanjaro")
    assert served.json("verify")["ok"] is True


def test_forget_asks_for_a_yes_and_respects_a_hold(served: Program, table: Path) -> None:
    """Without --yes nothing happens; under a hold it is refused, and told why."""
    served.json("upload", "--user", "alice", str(table))
    assert "Add --yes" in served.json("forget", "--user", "alice", code=2)["error"]
    held = served.json("hold", "--user", "alice", "--reason", "a court asked", "--by", "root")["holds"]
    assert [(hold["file_id"], hold["actor"], hold["reason"]) for hold in held] == [
        (None, "admin:root", "a court asked")
    ]
    assert "under a hold" in served.json("forget", "--user", "alice", "--yes", code=1)["error"]
    assert served.json("holds")["holds"] == held
    assert served.json("release", "--user", "alice", "--reason", "closed", "--by", "root")["holds"] == []
    assert served.json("forget", "--user", "alice", "--yes")["files_purged"] == 1
