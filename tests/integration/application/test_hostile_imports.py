"""Archives that somebody has tampered with: refused in one line, or a house that goes on as ever."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.ledgers import By
from domain.errors import FileLedgerError, RefusedError
from domain.events import event_kinds
from domain.executions import ExecutionReport, Outcome
from domain.ledger import UserLedger
from tests.support.archives import rewritten
from tests.support.fuzzing import tries
from tests.support.house import House

BY = By("system:import", "test")

NUMBERS = [-1, 0, 2**53 + 1, 2**63, 2**64 - 1, 1e300]
TEXTS = ["", "..", "/", "a/b.csv", "\x00", "x" * 5000, "\u202e", "[erased]"]
TIMES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00"]
odd_values: st.SearchStrategy[Any] = st.sampled_from([None, True, [], {}, [None], *NUMBERS, *TEXTS, *TIMES])


def history(folder: Path) -> tuple[House, list[dict[str, Any]], bytes]:
    """Return a house with a user of whom nearly every kind of event tells, the history, and the archive."""
    house = House(folder / "house")
    for number in range(4):
        house.upload(f"{number}.csv", b"a\n%d\n" % number)
    house.delete_file("alice", house.list_files("alice").files[0].file_id)
    house.purge.catch_up()

    def run(ledger: UserLedger, at: Any) -> None:
        ledger.start_execution("run-1", "print(1)", model="m", runner="r", metadata=at)
        ledger.finish_execution("run-1", ExecutionReport(outcome=Outcome.SUCCEEDED), metadata=at)
        ledger.start_execution("run-2", "print(1)", model=None, runner="1-abc", metadata=at)

    house.ledgers.decide("alice", run, By.user("alice"))
    file_id = house.list_files("alice").files[0].file_id
    house.holds.place("alice", file_id, "a court", BY)
    house.holds.release("alice", file_id, "it is over", BY)
    archive = io.BytesIO()
    house.export("alice", archive)
    return house, list(_lines(archive.getvalue())), archive.getvalue()


def _lines(archive: bytes) -> Iterator[dict[str, Any]]:
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        yield from map(orjson.loads, opened.read("history.jsonl").splitlines())


@st.composite
def tampered(draw: st.DrawFn, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw a history with some lines left out, doubled, or with odd fields."""
    changed = deepcopy(lines)
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(changed) - 1))
        match draw(st.integers(0, 9)):
            case 0:
                del changed[number]
            case 1:
                changed.insert(number, deepcopy(changed[draw(st.integers(0, len(changed) - 1))]))
            case 2:
                changed[number]["type"] = draw(st.sampled_from(sorted(event_kinds())))
            case _:
                place = draw(st.sampled_from([changed[number], changed[number]["data"]]))
                if isinstance(place, dict) and place:
                    key = draw(st.sampled_from(sorted(place)))
                    place[key] = deepcopy(draw(odd_values))
        if not changed:
            return lines
    return changed


def replacing(lines: list[dict[str, Any]]) -> Callable[[str, bytes], bytes]:
    """Return what puts another history into an archive."""
    text = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    return lambda name, content: text if name == "history.jsonl" else content


def live_on(house: House) -> None:
    """Do with a house what is done with one every day; nothing may fail."""
    house.erase.catch_up()
    house.recover()
    house.purge.catch_up()
    house.journal.catch_up()
    house.clock.turn(10**6)
    house.expire()
    house.expire.next_due(house.clock.now() + timedelta(days=9))
    with suppress(RefusedError):
        house.upload("later.csv")
    for file in house.list_files("alice").files:
        with house.open_file("alice", file.file_id)[1] as content:
            content.read()
    house.export("alice", io.BytesIO())
    assert house.verify().ok
    assert not list((house.folder.parent).glob("*.csv"))
    with suppress(RefusedError):  # a hold came with it
        house.forget("alice")


@pytest.mark.fuzz
def test_a_tampered_history_is_refused_or_does_no_harm(tmp_path: Path) -> None:
    """Whatever stands in it: one line and nothing recorded, or a ledger that everything can go on with."""
    origin, lines, archive = history(tmp_path)

    @tries(25)
    @given(changed=tampered(lines))
    def does_no_harm(changed: list[dict[str, Any]]) -> None:
        with TemporaryDirectory() as folder:
            house = House(Path(folder) / "data" / "house", clock=type(origin.clock)(origin.clock.at))
            try:
                house.import_user(io.BytesIO(rewritten(archive, replacing(changed))), BY)
            except FileLedgerError as error:
                told = str(error)
                assert "\n" not in told
                assert (house.store.head(), house.on_disk()) == (0, set())
            else:
                live_on(house)
            finally:
                house.runners.close()
                house.store.close()

    does_no_harm()
