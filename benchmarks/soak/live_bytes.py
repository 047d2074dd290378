"""How many bytes the files take that are live by the ledger."""

from collections import defaultdict
from pathlib import Path
from uuid import UUID

from domain.events import (
    ErasureRequested,
    FileDeleted,
    FileEvicted,
    FileExpired,
    FileGenerated,
    FileLost,
    FileUploaded,
)
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore

BATCH_EVENTS = 500
_REMOVED = (FileDeleted, FileEvicted, FileExpired, FileLost)
_KINDS = (FileUploaded, FileGenerated, ErasureRequested, *_REMOVED)


class LiveBytes:
    """Follows the ledger of a data folder that another process writes."""

    def __init__(self, data_dir: Path) -> None:
        self._store = SQLiteLedgerStore(data_dir / "ledger" / "ledger.db", KeyFolder(data_dir / "keys"))
        self._position = 0
        self._sizes: dict[UUID, dict[str, int]] = defaultdict(dict)

    def total(self) -> int:
        """Return the bytes of all files that are live now."""
        while True:
            batch = self._store.batch_after(self._position, limit=BATCH_EVENTS, kinds=_KINDS)
            self._position = batch.reached
            for recorded in batch.events:
                self._take(recorded.event)
            if not batch.size:
                return sum(sum(sizes.values()) for sizes in self._sizes.values())

    def _take(self, event: object) -> None:
        if isinstance(event, FileUploaded | FileGenerated):
            self._sizes[event.originator_id][event.file_id] = event.size_bytes
        elif isinstance(event, ErasureRequested):
            self._sizes.pop(event.originator_id, None)
        elif isinstance(event, _REMOVED):
            self._sizes[event.originator_id].pop(event.file_id, None)

    def close(self) -> None:
        """Close the ledger."""
        self._store.close()
