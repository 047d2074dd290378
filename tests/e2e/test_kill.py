"""kill -9 at random moments of a loop of uploads, runs and deletions.

`make test` kills once; `make faults` kills FILELEDGER_KILLS times.
"""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from uuid import UUID

from application.audit import fold
from domain.ledger import UserLedger
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from tests.support.fault_table import record
from tests.support.program import PROJECT, Program

KILLS = int(os.environ.get("FILELEDGER_KILLS", "1"))
WORKER = PROJECT / "tests" / "support" / "busy_worker.py"
LONGEST_LIFE_S = 4.0


def acknowledged(path: Path) -> tuple[set[str], set[str]]:
    """Return the ids that the worker was told are uploaded, and those it began to delete."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return {x["uploaded"] for x in lines if "uploaded" in x}, {
        x["deleting"] for x in lines if "deleting" in x
    }


def folded(program: Program) -> UserLedger | None:
    """Fold alice's ledger naively, straight from the database."""
    store = SQLiteLedgerStore(program.data_dir / "ledger" / "ledger.db", KeyFolder(program.data_dir / "keys"))
    try:
        ledger_id: UUID = UserLedger.create_id("alice")
        return fold(recorded.event for recorded in store.stream(ledger_id))
    finally:
        store.close()


def test_nothing_acknowledged_is_lost_whenever_the_process_is_killed(
    embedded: Program, tmp_path: Path
) -> None:
    """After each restart: acknowledged uploads are there, list = naive fold, disk = list, verify is clean."""
    seed = int(os.environ.get("FILELEDGER_SEED", str(time.time_ns() % 1_000_000)))
    moments, acknowledgements = random.Random(seed), tmp_path / "acknowledged"
    acknowledgements.touch()
    embedded.environment["MAX_FILES_PER_USER"] = "1000"
    uploaded, deleting = set[str](), set[str]()
    for kill in range(KILLS):
        with subprocess.Popen(
            [str(Path(os.sys.executable)), str(WORKER), str(embedded.data_dir), str(acknowledgements)],  # type: ignore[attr-defined]
            cwd=PROJECT,
            env={**os.environ, "MAX_FILES_PER_USER": "1000"},
        ) as worker:
            begun = acknowledgements.stat().st_size
            while acknowledgements.stat().st_size == begun and worker.poll() is None:
                time.sleep(0.01)
            time.sleep(moments.uniform(0, LONGEST_LIFE_S))
            worker.send_signal(signal.SIGKILL)
        listed = embedded.json("files", "--user", "alice")["files"]  # a start, which finishes what was begun
        ledger = folded(embedded)
        assert ledger is not None
        uploaded, deleting = acknowledged(acknowledgements)
        assert [file["file_id"] for file in listed] == list(ledger.files), (seed, kill)
        assert uploaded - deleting <= set(ledger.files), (seed, kill)
        names = {f"{file.file_id}{file.extension}" for file in ledger.files.values()}
        assert embedded.on_disk() == names, (seed, kill)
        assert not ledger.running
        assert embedded.json("verify")["ok"] is True, (seed, kill)
    record(
        "SIGKILL of the program at random moments",
        "upload, run, delete in a loop",
        times=KILLS,
        acknowledged=len(uploaded) + len(deleting),
        recovers="by itself, at the next start",
    )
