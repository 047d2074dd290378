"""Ledgers of every shape that events were ever stored in still read, and say what they said."""

import json
from pathlib import Path
from typing import Any

import pytest

from application.ledgers import By
from domain.events import HistoryRead, event_kinds
from domain.reading import ReadMatter
from tests.support.frozen_ledgers import ALL, FrozenLedger, frozen_ledgers, told
from tests.support.house import House

FROZEN = frozen_ledgers()


def lines(frozen: FrozenLedger) -> list[dict[str, Any]]:
    """Return the events of a frozen ledger as they are stored."""
    segments = sorted((frozen.folder / "journal").glob("*.jsonl"))
    stored = [json.loads(line) for path in segments for line in path.read_text().splitlines()]
    return [line for line in stored if "topic" in line]


def without_additions(now: Any, then: Any) -> Any:
    """Return `now` with only those keys of an event's data that there were then."""
    return {
        user_id: [
            event | {"data": {key: event["data"][key] for key in old["data"]}}
            for event, old in zip(events, then[user_id], strict=True)
        ]
        for user_id, events in now.items()
    }


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda frozen: frozen.folder.name)
def test_audit_21_a_frozen_ledger_says_what_it_said_when_it_was_written(
    frozen: FrozenLedger, tmp_path: Path
) -> None:
    """Every event with all that it told then; the ledgers fold, and the chain holds over the stored bytes."""
    house = frozen.thaw(tmp_path)
    assert without_additions(told(house), frozen.told) == frozen.told
    assert all(house.store.load(user_id) is not None for user_id in frozen.told)
    report = house.store.verify_chain()
    assert (report.problems, report.events) == ((), len(lines(frozen)))


def test_audit_21_every_version_of_every_event_is_frozen() -> None:
    """Who changes or adds an event freezes a ledger with it: python -m tests.support.frozen_ledgers NAME."""
    kept = {
        (line["topic"], json.loads(line["state"]).get("class_version", 1))
        for frozen in FROZEN
        for line in lines(frozen)
    }
    shipped = {
        (topic, version)
        for topic, kind in event_kinds().items()
        for version in range(1, kind.class_version + 1)
    }
    assert shipped <= kept


def test_audit_21_an_upcast_reads_old_bytes_and_changes_none(tmp_path: Path) -> None:
    """A look recorded before looks said what at is one at the history; new ones are stored beside it."""
    frozen = next(frozen for frozen in FROZEN if frozen.folder.name == "0002")
    house = frozen.thaw(tmp_path)
    old = _looks(house)[0]
    assert (old.what, old.first_sequence, old.last_sequence) == (ReadMatter.HISTORY, 2, 9)

    def look(ledger: Any, metadata: Any) -> None:
        ledger.record_read(ReadMatter.EXPORT, 1, 3, metadata)

    house.ledgers.decide("alice", look, By("admin:root"))

    assert [event.what for event in _looks(house)] == [ReadMatter.HISTORY, ReadMatter.EXPORT]
    stored = [
        json.loads(row.state or b"{}") for row in house.store.recorder.scan() if row.topic == b"HistoryRead"
    ]
    assert [("class_version" in state, "what" in state) for state in stored] == [(False, False), (True, True)]
    assert house.store.verify_chain().problems == ()


def _looks(house: House) -> list[HistoryRead]:
    events = [recorded.event for recorded in house.store.stream(_alice(house))]
    return [event for event in events if isinstance(event, HistoryRead)]


def _alice(house: House) -> Any:
    ledger = house.store.load("alice")
    assert ledger is not None
    return ledger.id


def test_audit_21_what_is_frozen_now_reads_the_same_now(tmp_path: Path) -> None:
    """The newest frozen ledger needs no upcast: it tells exactly what it told."""
    house = FROZEN[-1].thaw(tmp_path)
    assert told(house) == FROZEN[-1].told
    assert ALL.limit is not None
