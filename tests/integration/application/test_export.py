"""Export and import over real ledgers, files and archives."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from application.ledgers import By
from application.model import AssistantMessage, Message, ToolCall, UserMessage
from domain.errors import FileLedgerError, InvalidValueError, RefusedError
from domain.executions import ExecutionReport, Outcome
from domain.ledger import UserLedger
from tests.support.archives import rewritten
from tests.support.house import House

BY = By("system:import", "test")
ALICE = UserLedger.create_id("alice")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice has files that came and went, a run and a conversation; and bob is."""
    house = House(tmp_path / "house")
    house.upload("bob.csv", user_id="bob")
    for number in range(5):  # two more than the limit
        house.upload(f"{number}.csv", b"a\n%d\n" % number)
        house.clock.turn(1)

    def run(ledger: UserLedger, at: object) -> None:
        report = ExecutionReport(outcome=Outcome.SUCCEEDED, exit_code=0, duration_ms=5, output="out")
        ledger.start_execution("run-1", "print(1)", model="m", runner="r", metadata=at)  # type: ignore[arg-type]
        ledger.finish_execution("run-1", report, metadata=at)  # type: ignore[arg-type]

    house.ledgers.decide("alice", run, By.user("alice"))
    said: list[Message] = [UserMessage("hello"), AssistantMessage("", (ToolCall("c", "run", "{}"),))]
    house.conversations.save("alice", "channel", said, house.clock.now() + timedelta(hours=1, milliseconds=7))
    house.purge.catch_up()
    return house


def exported(house: House, user_id: str = "alice") -> bytes:
    """Return a user's archive."""
    target = io.BytesIO()
    house.export(user_id, target)
    return target.getvalue()


def other_house(tmp_path: Path, of: House) -> House:
    """Return an empty house at the same time of day."""
    other = House(tmp_path / "other")
    other.clock.at = of.clock.at
    return other


def test_audit_08_an_archive_imported_into_an_empty_store_exports_to_the_same_bytes(
    house: House, tmp_path: Path
) -> None:
    """Events, files, receipts and conversations all come over, under new keys and positions."""
    archive, other = exported(house), other_house(tmp_path, house)
    report = other.import_user(io.BytesIO(archive), BY)
    assert (report.user_id, report.files, report.conversations) == ("alice", 3, 1)
    assert exported(other) == archive == exported(house)
    assert other.verify().ok
    assert other.list_files("alice").files == house.list_files("alice").files
    told = other.conversations.load("alice", "channel", other.clock.now())
    assert told == house.conversations.load("alice", "channel", house.clock.now())
    assert len(told) == 2
    newest = [recorded.event.TOPIC for recorded in other.store.stream(ALICE)][-1]
    assert newest == "HistoryImported"


def test_an_archive_is_readable_without_the_program(house: House) -> None:
    """Files bear their names; receipts tell of every file that ever was, live or gone."""
    with zipfile.ZipFile(io.BytesIO(exported(house))) as archive:
        names = archive.namelist()
        receipts = orjson.loads(archive.read("receipts.json"))
        history = [orjson.loads(line) for line in archive.read("history.jsonl").splitlines()]
        live = next(receipt for receipt in receipts if receipt["state"] == "live")
        assert archive.read(f"files/{live['file_id']}/{live['filename']}") == b"a\n2\n"
    assert [receipt["state"] for receipt in receipts] == ["evicted"] * 2 + ["live"] * 3
    assert [line["sequence"] for line in history] == list(range(1, len(history) + 1))
    assert sum(name.startswith("conversations/") for name in names) == 1
    assert names[-1] == "manifest.json"


def test_an_export_is_the_users_alone(house: House) -> None:
    """Nothing of another user is in it."""
    with zipfile.ZipFile(io.BytesIO(exported(house))) as archive:
        assert not any(b"bob" in archive.read(name) for name in archive.namelist())


def test_who_came_back_exports_the_fresh_ledger_only(house: House, tmp_path: Path) -> None:
    """What was erased is not among it, and it can be imported like any other."""
    house.forget("alice")
    house.upload("new.csv")
    archive, other = exported(house), other_house(tmp_path, house)
    assert b"erased" not in archive
    assert other.import_user(io.BytesIO(archive), BY).events == 2
    assert exported(other) == archive


def test_an_erased_user_comes_back_with_an_archive_from_elsewhere(house: House, tmp_path: Path) -> None:
    """It goes on after the tombstones, under a new key."""
    elsewhere = other_house(tmp_path, house)
    elsewhere.upload("elsewhere.csv")
    house.forget("alice")
    archive = exported(elsewhere)
    house.import_user(io.BytesIO(archive), BY)
    assert exported(house) == archive
    assert house.verify().ok


def test_nobody_is_imported_over(house: House, tmp_path: Path) -> None:
    """A user who is known is refused, and so is a file that was recorded before, with nothing kept."""
    archive = exported(house)
    with pytest.raises(RefusedError, match="has a ledger here"):
        house.import_user(io.BytesIO(archive), BY)
    house.forget("alice")
    before = (house.store.head(), house.on_disk())
    with pytest.raises(RefusedError, match="was recorded here before"):
        house.import_user(io.BytesIO(archive), BY)
    assert (house.store.head(), house.on_disk()) == before
    with pytest.raises(InvalidValueError, match="Nothing is kept"):
        exported(house)
    with pytest.raises(InvalidValueError, match="Nothing is kept"):
        exported(other_house(tmp_path, house), "carol")


def test_an_import_that_was_killed_before_its_end_is_finished_by_the_next(
    house: House, tmp_path: Path
) -> None:
    """The events were saved, the conversations not: they come now, but for one that went on here since."""
    house.conversations.save(
        "alice", "elsewhere", [UserMessage("hi")], house.clock.now() + timedelta(hours=1)
    )
    archive, other = exported(house), other_house(tmp_path, house)
    other.import_user(io.BytesIO(archive), BY)
    other.conversations.forget("alice")
    went_on: list[Message] = [UserMessage("new")]
    other.conversations.save("alice", "channel", went_on, house.clock.now() + timedelta(hours=1))
    other.upload("since.csv")
    before = (other.store.head(), other.on_disk())

    assert other.import_user(io.BytesIO(archive), BY).conversations == 2

    assert (other.store.head(), other.on_disk()) == before
    assert other.conversations.load("alice", "channel", house.clock.now()) == went_on
    assert other.conversations.load("alice", "elsewhere", house.clock.now()) == [UserMessage("hi")]
    with pytest.raises(RefusedError, match="has a ledger here"):
        other.import_user(io.BytesIO(exported(other)), BY)


def _bytes_changed(name: str, content: bytes) -> bytes:
    return content + b"x" if name.startswith("files/") else content


def _event_left_out(name: str, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:1] + lines[2:]) if name == "history.jsonl" else content


def _unknown_event(name: str, content: bytes) -> bytes:
    return content.replace(b"FileEvicted", b"FileInvented") if name == "history.jsonl" else content


def _other_message(name: str, content: bytes) -> bytes:
    return content.replace(b'"user"', b'"root"') if name.startswith("conversations/") else content


def _path_out(name: str, content: bytes) -> bytes:
    return content.replace(b'"alice"', b'"../alice"') if name == "history.jsonl" else content


@pytest.mark.parametrize(
    "change", [_bytes_changed, _event_left_out, _unknown_event, _other_message, _path_out]
)
def test_an_archive_that_does_not_hold_together_is_refused(
    house: House, tmp_path: Path, change: Callable[[str, bytes], bytes]
) -> None:
    """Whatever was changed in it, with its manifest mended: nothing is recorded."""
    other = other_house(tmp_path, house)
    with pytest.raises(InvalidValueError):
        other.import_user(io.BytesIO(rewritten(exported(house), change)), BY)
    assert (other.store.head(), other.on_disk()) == (0, set())


def test_a_damaged_archive_is_refused_wherever_it_is_damaged(house: House, tmp_path: Path) -> None:
    """Every 40th byte flipped, and every cut: an error that tells, or the very same import."""
    archive, other = exported(house), other_house(tmp_path, house)
    for place in range(0, len(archive), 40):
        flipped = bytearray(archive)
        flipped[place] ^= 0xFF
        for damaged in (bytes(flipped), archive[:place]):
            try:
                other.import_user(io.BytesIO(damaged), BY)
            except FileLedgerError:
                continue
            assert exported(other) == archive  # the byte was one that tells nothing
            other = House(tmp_path / f"other{place}")
            other.clock.at = house.clock.at
    assert other.store.head() == 0
