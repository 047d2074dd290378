"""Made-up users who upload, run code and come back: what the ledger of a busy house looks like."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from domain.events import LedgerEvent
from domain.executions import ExecutionReport, Outcome
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.metadata import Metadata, user_actor
from domain.retention import Limits

LIMITS = Limits()
CODE = "df = load_file('data.csv')\nprint(df.describe())\n"
OUTPUT = "       a    b\nmean 1.5  2.5\n" * 10
_OUTPUT_SHARE = 0.4


class Told:
    """An endless story of some users; the same seed tells the same one.

    Half of the deeds are uploads, half are runs, two in five of which make a file. Everybody
    is at the limits before long, so every newcomer displaces a file, whose bytes are purged.
    `pace` lies between two deeds.
    """

    limits = LIMITS
    pace = timedelta(seconds=7)
    begins = datetime(2026, 1, 1, tzinfo=UTC)

    def __init__(self, users: int, seed: int = 1) -> None:
        self._users, self._random = users, random.Random(seed)
        self.ledgers: dict[str, UserLedger] = {}
        self._deeds, self._now = 0, self.begins

    def saves(self, events: int) -> Iterator[Sequence[LedgerEvent]]:
        """Yield what each deed adds to the ledger, until there are at least so many events."""
        told = 0
        while told < events:
            ledger = self._deed()
            pending = [cast("LedgerEvent", event) for event in ledger.collect_events()]
            told += len(pending)
            yield pending

    def _deed(self) -> UserLedger:
        user_id = f"user-{self._random.randrange(self._users)}"
        self._deeds, self._now = self._deeds + 1, self._now + self.pace
        metadata = Metadata(timestamp=self._now, actor=user_actor(user_id), cause=f"message-{self._deeds}")
        ledger = self.ledgers.get(user_id)
        if ledger is None:
            ledger = self.ledgers[user_id] = UserLedger.open(user_id, metadata)
        if self._random.getrandbits(1):
            source = f"source-{self._deeds}"
            until = self._now + timedelta(hours=48)
            new = self.new_file(self._deeds)
            ledger.upload(new, source=source, expires_at=until, limits=self.limits, metadata=metadata)
        else:
            self._run(ledger, metadata)
        for file in list(ledger.awaiting_purge.values()):
            ledger.record_purge(file.file_id, file.size_bytes, metadata)
        return ledger

    def _run(self, ledger: UserLedger, metadata: Metadata) -> None:
        execution_id = f"execution-{self._deeds}"
        ledger.start_execution(execution_id, CODE, model=None, runner="bench", metadata=metadata)
        report = ExecutionReport(outcome=Outcome.SUCCEEDED, exit_code=0, duration_ms=12, output=OUTPUT)
        outputs = [self.new_file(self._deeds)] if self._random.random() < _OUTPUT_SHARE else []
        until = self._now + timedelta(hours=48)
        ledger.finish_execution(
            execution_id, report, outputs=outputs, expires_at=until, limits=self.limits, metadata=metadata
        )

    def new_file(self, number: int) -> NewFile:
        """Return the file of a deed."""
        return NewFile(
            file_id=f"{number:012d}",
            filename=f"table {number}.csv",
            file_type="CSV",
            size_bytes=1000 + number % 1000,
            sha256=f"{number:064x}",
        )
