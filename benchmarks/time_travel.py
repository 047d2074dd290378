"""How long a look back takes, by the length of the user's own ledger and of the whole one.

python -m benchmarks.time_travel [EVENTS]: uploads of three users, of 100, 10,000 and
EVENTS (default 100,000) events, in one ledger; then the list as of the middle of each.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from application.audit import ExplainFile, ReadPastFiles
from application.policy import UsagePolicy
from application.ports.ledger import LedgerStore
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.metadata import Metadata, user_actor
from domain.retention import Limits
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS = 15
SAVE_EVENTS = 50


def fill(store: LedgerStore, user_id: str, events: int) -> list[str]:
    """Record uploads, each displacing the oldest and purging it; return the files' ids."""
    file_ids: list[str] = []
    while (ledger := store.load(user_id) or UserLedger.open(user_id, _at(user_id, 0))).version < events:
        while len(ledger.pending_events) < min(SAVE_EVENTS, events):
            file_id = f"{user_id[-1]}{len(file_ids):011d}"
            file_ids.append(file_id)
            metadata = _at(user_id, len(file_ids))
            new = NewFile(file_id=file_id, filename="a.csv", file_type="CSV", size_bytes=1, sha256="0" * 64)
            ledger.upload(new, source=file_id, expires_at=None, limits=Limits(), metadata=metadata)
            for gone in list(ledger.awaiting_purge):
                ledger.record_purge(gone, 1, metadata)
        store.append(ledger)
    return file_ids


def median_ms(look: Callable[[], object]) -> float:
    """Return how long a look takes."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        look()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _at(user_id: str, seconds: int) -> Metadata:
    return Metadata(timestamp=BEGIN + timedelta(seconds=seconds), actor=user_actor(user_id))


def main() -> None:
    """Measure, and print a table."""
    longest = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    users = {"user-a": 100, "user-b": 10_000, "user-c": longest}
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteLedgerStore(Path(folder) / "ledger" / "ledger.db", KeyFolder(Path(folder) / "keys"))
        files = {user_id: fill(store, user_id, events) for user_id, events in users.items()}
        past, why = ReadPastFiles(store, UsagePolicy()), ExplainFile(store)
        print(f"{store.head()} events in the whole ledger; medians of {LOOKS} looks")
        print("| events of the user | `--at` | `--as-of` | `why` |\n|---|---|---|---|")
        for user_id, events in users.items():
            middle = BEGIN + timedelta(seconds=len(files[user_id]) // 2)
            middle_file = files[user_id][len(files[user_id]) // 2]
            looks = (
                lambda user_id=user_id, events=events: past.at(user_id, events // 2),
                lambda user_id=user_id, middle=middle: past.as_of(user_id, middle),
                lambda middle_file=middle_file: why(middle_file),
            )
            print(f"| {events} | " + " | ".join(f"{median_ms(look):.1f} ms" for look in looks) + " |")


if __name__ == "__main__":
    main()
