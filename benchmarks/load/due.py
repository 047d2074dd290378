"""Many files due at the same second: how long until all are gone, and what others wait for meanwhile."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.load.furnishing import furnish_due
from benchmarks.load.waits import Crowd
from benchmarks.page import BenchmarkError
from domain.events import FileBytesPurged, FileExpired
from infrastructure.clock import SystemClock
from interfaces.wiring import Wiring

FILES_EACH = 20
OTHERS = 50
"""Users of whom nothing was due, and whose bytes are looked for, too."""
PATIENCE_S = 240.0
UPLOAD_BEFORE, LIST_BEFORE = "upload, before", "list, before"
UPLOAD_DURING, LIST_DURING = "upload, while they expire", "list, while they expire"
_PAUSE_S = 0.1


@dataclass(frozen=True)
class Expiries:
    """What became of `files` that were due at once: seconds until each was recorded, and its bytes gone."""

    files: int
    expired_s: float
    purged_s: float
    mistakes: Sequence[str]


class _Record:
    """Counts what the ledger says of files, from a position on."""

    def __init__(self, wiring: Wiring) -> None:
        self._store = wiring.store
        self._position = self._store.head()
        self.expired: Counter[str] = Counter()
        self.purged: Counter[str] = Counter()

    def look(self) -> None:
        """Count what was added."""
        while True:
            batch = self._store.batch_after(self._position, limit=500, kinds=(FileExpired, FileBytesPurged))
            self._position = batch.reached
            for recorded in batch.events:
                if isinstance(recorded.event, FileExpired):
                    self.expired[recorded.event.file_id] += 1
                elif isinstance(recorded.event, FileBytesPurged):
                    self.purged[recorded.event.file_id] += 1
            if batch.size == 0:
                return


def expire_at_once(wiring: Wiring, data_dir: Path, crowd: Crowd, files: int, lead_s: float) -> Expiries:
    """Have so many files expire at one second, `lead_s` from now, while others upload and list.

    Raises:
        BenchmarkError: they were not there in time, or are not gone after minutes.
    """
    due = (SystemClock().now() + timedelta(seconds=lead_s)).replace(microsecond=0)
    made = furnish_due(data_dir, files // FILES_EACH, FILES_EACH, due)
    wiring.views.catch_up()
    wanted = {file_id for owned in made.values() for file_id in owned}
    record = _Record(wiring)
    if _until_s(due) <= 0:
        message = f"{files} files were not there before they were due"
        raise BenchmarkError(message)
    while _until_s(due) > 0:
        _meanwhile(crowd, UPLOAD_BEFORE, LIST_BEFORE)
    expired_s = purged_s = 0.0
    while not (expired_s and purged_s):
        _meanwhile(crowd, UPLOAD_DURING, LIST_DURING)
        record.look()
        expired_s = expired_s or (-_until_s(due) if wanted <= record.expired.keys() else 0.0)
        purged_s = purged_s or (-_until_s(due) if wanted <= record.purged.keys() else 0.0)
        if -_until_s(due) > PATIENCE_S:
            message = (
                f"{len(wanted - record.purged.keys())} files are there {PATIENCE_S:.0f} s after their time"
            )
            raise BenchmarkError(message)
    return Expiries(len(wanted), expired_s, purged_s, _mistakes(wiring, data_dir, made, record, crowd))


def _until_s(due: datetime) -> float:
    return (due - SystemClock().now()).total_seconds()


def _meanwhile(crowd: Crowd, upload: str, look: str) -> None:
    crowd.upload(upload)
    crowd.look(look)
    time.sleep(_PAUSE_S)


def _mistakes(
    wiring: Wiring, data_dir: Path, made: Mapping[str, Sequence[str]], record: _Record, crowd: Crowd
) -> list[str]:
    """Return a line for each file that was dealt with twice, stayed, or went before its time."""
    record.look()
    wanted = {file_id for owned in made.values() for file_id in owned}
    found = [f"{file_id} expired {n} times" for file_id, n in record.expired.items() if n > 1]
    found += [f"{file_id} was purged {n} times" for file_id, n in record.purged.items() if n > 1]
    found += [f"{file_id} expired before its time" for file_id in record.expired.keys() - wanted]
    for user_id in made:
        if files := wiring.list_files(user_id).files:
            found.append(f"{user_id} still has {len(files)} files in the list")
        with suppress(FileNotFoundError):
            found += [
                f"{path.name} is still on disk" for path in (data_dir / "user_files" / user_id).iterdir()
            ]
    for user_id in sorted(set(crowd.uploaded.values()))[:OTHERS]:
        listed = wiring.list_files(user_id).files
        found += [
            f"the bytes of {file.file_id} are gone"
            for file in listed
            if not _is_there(wiring, user_id, file.file_id)
        ]
    return found


def _is_there(wiring: Wiring, user_id: str, file_id: str) -> bool:
    file, content = wiring.open_file(user_id, file_id)
    with content:
        return len(content.read()) == file.size_bytes
