"""Journal, checkpoints, proofs and restore on the command line."""

import subprocess
import sys
from pathlib import Path

from tests.support.intruder import Intruder
from tests.support.program import PROJECT, Program

TOOL = PROJECT / "tools" / "verify_offline.py"


def audit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the offline verifier as an auditor does."""
    command = [sys.executable, str(TOOL), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_audit_11_a_checkpoint_kept_elsewhere_finds_what_the_data_folder_cannot_tell(
    served: Program, table: Path, tmp_path: Path
) -> None:
    """Under a key outside, too: an attack that leaves no trace in the folder is found by both."""
    key_file = tmp_path / "operator" / "signing.pem"
    served.environment["CHECKPOINT_KEY_FILE"] = str(key_file)
    for user_id in ("alice", "bob"):
        served.json("upload", "--user", user_id, str(table))
    outside, proof = tmp_path / "outside.checkpoint", tmp_path / "proof.json"
    taken = served.json("checkpoint", "-o", str(outside))["checkpoints"][0]
    assert taken["events"] == served.json("journal")["events"] == 4
    assert served.json("checkpoint", "--list")["checkpoints"] == [taken]
    assert key_file.stat().st_mode & 0o777 == 0o600
    kept = {path.name: path.read_bytes() for path in (served.data_dir / "checkpoints").iterdir()}
    assert kept["verifier.key"].decode().strip() == taken["verifier_key"]
    assert not any(b"PRIVATE KEY" in content for content in kept.values())
    proof.write_text(served.run("prove", "2").stdout)
    key = taken["verifier_key"]
    assert served.json("verify", "--checkpoint", str(outside), "--verifier-key", key)["ok"] is True
    assert audit("--proof", str(proof), "--key", key).returncode == 0
    checks = {check["name"]: check["detail"] for check in served.json("doctor")["checks"]}
    assert checks["journal"] == "witnesses the ledger up to position 4"

    for path in (served.data_dir / "journal").iterdir():
        path.unlink()
    for path in (served.data_dir / "checkpoints").iterdir():
        path.unlink()
    intruder = Intruder(served.data_dir)
    intruder.cut_tail(keep=2)
    intruder.forget_followers()
    intruder.close()

    assert served.json("verify")["ok"] is True
    found = served.json("verify", "--checkpoint", str(outside), "--verifier-key", key, code=1)
    assert {problem["kind"] for problem in found["problems"]} == {"checkpoint"}
    journal = str(served.data_dir / "journal")
    alone = audit("--journal", journal, "--checkpoint", str(outside), "--key", key)
    assert alone.returncode == 1
    assert "4 events were signed, the journal holds 2" in alone.stdout
    assert audit("--journal", journal).returncode == 0


def test_a_ledger_is_restored_from_its_journal(served: Program, table: Path, tmp_path: Path) -> None:
    """Into a new data folder, where history says what it said once the keys are there; not over a ledger."""
    served.json("upload", "--user", "alice", str(table))
    said = served.json("history", "--user", "alice")
    journal = str(served.data_dir / "journal")
    other = Program(tmp_path / "other")
    report = other.json("restore", journal)
    assert report == {"events": 2, "users": 1, "without_key": 1, "torn": False}
    assert other.json("history", "--user", "alice")["events"][1]["data"]["filename"] != "table.csv"
    (served.data_dir / "keys").rename(other.data_dir / "keys")
    assert other.json("history", "--user", "alice") == said
    again = other.run("restore", journal)
    assert (again.returncode, "There is a ledger" in again.stderr) == (1, True)
