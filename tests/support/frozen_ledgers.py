"""Ledgers as they were written by each shipped shape of the events: journal and keys, never changed again.

`python -m tests.support.frozen_ledgers NAME` writes a new one with the code as it
stands: do so when an event has come or has got a new `class_version`.
"""

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from application.audit import HistoryFilter, ReadHistory, event_data
from application.ledgers import By
from application.policy import UsagePolicy
from domain.damage import Damage
from domain.executions import ExecutionReport, Outcome
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.metadata import Metadata, admin_actor, time_text
from domain.reading import ReadMatter
from domain.retention import Limits
from domain.spending import Spent
from domain.tables import Column, FileTables, Table
from infrastructure.journal.restoring import JournalRestorer
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.restoration import NewSQLiteLedger
from tests.support.house import House

LEDGERS = Path(__file__).resolve().parents[1] / "fixtures" / "ledgers"
TOLD = "told.json"
ALL = HistoryFilter(limit=1_000)
TABLE = Table(rows=1, columns=(Column(name="a", dtype="int64"),), more_columns=2)


@dataclass(frozen=True)
class FrozenLedger:
    """One frozen ledger; `told` is what its history said when it was frozen, by user."""

    folder: Path

    @property
    def told(self) -> dict[str, Any]:
        """The events of each user as `history` told them."""
        told: dict[str, Any] = json.loads((self.folder / TOLD).read_text(encoding="utf-8"))
        return told

    def thaw(self, folder: Path) -> House:
        """Return a house in which the ledger stands as it was written."""
        shutil.copytree(self.folder / "keys", folder / "keys")
        shutil.copytree(self.folder / "journal", folder / "journal")
        ledger, keys = NewSQLiteLedger(folder / "ledger" / "ledger.db"), KeyFolder(folder / "keys")
        JournalRestorer(ledger, folder / "journal", keys)(folder / "journal")
        return House(folder)


def frozen_ledgers() -> list[FrozenLedger]:
    """Return every frozen ledger, the oldest first."""
    return [FrozenLedger(folder) for folder in sorted(LEDGERS.iterdir()) if folder.is_dir()]


def told(house: House) -> dict[str, list[dict[str, Any]]]:
    """Return the whole history of every user of a house."""
    read = ReadHistory(house.store)
    users = [house.store.owner_of(ledger_id) for ledger_id in house.store.ledger_ids()]
    return {
        user_id: [
            {"at": time_text(event.timestamp), "type": event.TOPIC, "actor": event.actor}
            | {"cause": event.cause, "data": event_data(event)}
            for event in (recorded.event for recorded in read(user_id, ALL).events)
        ]
        for user_id in sorted(filter(None, users))
    }


def live_through_everything(house: House) -> None:
    """Let every kind of event happen."""
    house.upload("first.csv", user_id="bob")
    for number in range(4):  # the fourth displaces the first
        house.upload(f"{number}.csv")
        house.clock.turn(1)
    house.purge.catch_up()
    house.delete_file("alice", next(iter(house.list_files("alice").files)).file_id)
    house.ledgers.decide("alice", _run, By.user("alice", "message 7"))
    house.ledgers.decide("alice", _talk, By.user("alice", "message 8"))
    house.ledgers.decide("alice", _look, By(admin_actor("root")))
    house.ledgers.decide("alice", _lose, By("system:fsck"))
    house.ledgers.decide("alice", _hold_and_release, By(admin_actor("root")))
    house.upload("first.csv", user_id="carol")
    for step in (_ask_for_erasure, _finish_erasure, _come_back):
        house.ledgers.decide("carol", step, By("system:erasure"))
    house.clock.turn(60)
    house.expire()
    house.purge.catch_up()


def _run(ledger: UserLedger, metadata: Metadata) -> None:
    output = NewFile(
        file_id="000000000001", filename="chart.png", file_type="PNG", size_bytes=3, sha256="a" * 64
    )
    given = ledger.start_execution("run-1", "print(1)", model="m", runner="r", metadata=metadata)
    report = ExecutionReport(
        outcome=Outcome.KILLED,
        exit_code=-9,
        duration_ms=12,
        output="1\n",
        stopped_by="user:alice",
        packages=("pandas",),
        loaded_file_ids=tuple(file.file_id for file in given[:1]),
        skipped_outputs=("huge.bin: too large",),
        tables=tuple(FileTables(file_id=file.file_id, tables=(TABLE,)) for file in given[:1]),
    )
    ledger.finish_execution("run-1", report, outputs=[output], metadata=metadata)


def _talk(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.finish_turn(Spent(model="m", input_tokens=5, output_tokens=7), "answered", metadata)


def _look(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.record_read(ReadMatter.HISTORY, 2, 9, metadata)


def _lose(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.record_loss(next(iter(ledger.files)), Damage.MISSING, metadata)


def _hold_and_release(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.place_hold(None, "case 7", metadata)
    ledger.release_hold(None, "case 7 is over", metadata)
    ledger.record_import(3, metadata)


def _ask_for_erasure(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.request_erasure(metadata)


def _finish_erasure(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.finish_erasure(dict.fromkeys(ledger.awaiting_purge, 8), metadata)


def _come_back(ledger: UserLedger, metadata: Metadata) -> None:
    ledger.reopen("carol", metadata)


def freeze(name: str) -> Path:
    """Write a frozen ledger with the code as it stands; return its folder."""
    target = LEDGERS / name
    with tempfile.TemporaryDirectory() as scratch:
        house = House(Path(scratch), UsagePolicy(limits=Limits(max_files=3), expiration_hours=0.01))
        live_through_everything(house)
        keep(house, target)
    return target


def keep(house: House, target: Path) -> None:
    """Copy journal and keys of a house, with what its history says."""
    house.journal.catch_up()
    for part in ("journal", "keys"):
        shutil.copytree(house.folder / part, target / part)
    text = json.dumps(told(house), indent=1, ensure_ascii=False, sort_keys=True)
    (target / TOLD).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    freeze(sys.argv[1])
