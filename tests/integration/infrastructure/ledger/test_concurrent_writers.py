"""Writers in several processes at once, and somebody who follows them."""

import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from uuid import UUID

from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from tests.support.program import PROJECT

WRITERS, SAVES, PATIENCE_S = 3, 30, 60
WRITER = """
import sys
from pathlib import Path
from tests.support.house import House
house = House(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    user_id, source = ("everybody", sys.argv[2])[number % 2], f"{sys.argv[2]}{number}"
    house.upload(f"{number}.csv", b"x", user_id=user_id, source=source)
"""


def test_audit_28_a_follower_misses_no_event_of_concurrent_writers(tmp_path: Path) -> None:
    """Three processes write, to ledgers of their own and to one in common; one reader takes in small batches.

    It sees every position once, in order and without a gap, and each ledger's events in the order of their
    sequence.
    """
    store = SQLiteLedgerStore(tmp_path / "ledger" / "ledger.db", KeyFolder(tmp_path / "keys"))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), f"user{number}", str(SAVES)], cwd=PROJECT
        )
        for number in range(WRITERS)
    ]
    seen: list[int] = []
    sequences = defaultdict[UUID, list[int]](list)
    deadline = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < deadline:
            is_over = all(writer.poll() is not None for writer in writers)
            batch = store.events_after(seen[-1] if seen else 0, limit=7)
            for recorded in batch:
                seen.append(recorded.position)
                sequences[recorded.event.originator_id].append(recorded.event.originator_version)
            if is_over and not batch:
                break
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert seen == list(range(1, store.head() + 1))
    assert len(sequences) == WRITERS + 1
    assert all(found == list(range(1, len(found) + 1)) for found in sequences.values())
    assert store.verify_chain().problems == ()
