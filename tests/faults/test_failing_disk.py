"""Every write of every way through the house fails: the disk is full, read-only, or reports an error once.

`make test` lets some writes fail, others each time; `make faults` all of them.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from random import sample

import pytest

from application.run_code import RunCode
from domain.errors import EnvironmentFaultError, FileLedgerError, NoSuchFileError
from infrastructure.clock import RandomIds
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.settings import load_settings
from interfaces.wiring import Wiring
from tests.support.fault_table import record
from tests.support.faulty_disk import BROKEN, FULL, READ_ONLY, DiskFault, on_faulty_disk
from tests.support.house import House
from tests.support.sandboxes import config, opened

CONTENT = b"a,b\n1,2\n" * 2_000
KEPT = {"old.csv", "older.csv"}
CAUSES = {
    FULL: r"is full",
    READ_ONLY: r"read-only",
    BROKEN: r"disk (reports an|is full or read-only, or)",
}


@dataclass(frozen=True)
class Way:
    """A way through the house: what is there before, and what is done."""

    name: str
    prepare: Callable[[House], object]
    act: Callable[[House], object]
    keeps: frozenset[str] = frozenset(KEPT)


def prepared(house: House) -> None:
    """Give alice two files, of which everything is acknowledged and witnessed."""
    for name in ("older.csv", "old.csv"):
        house.upload(name, CONTENT, source=name)
    house.journal.catch_up()


def upload(house: House) -> None:
    """Take a file of somebody new."""
    house.upload("new.csv", CONTENT, user_id="bob", source="one delivery")


def evict(house: House) -> None:
    """Take a file that pushes another one out, whose bytes go."""
    house.upload("new.csv", CONTENT, source="one delivery")
    house.purge.catch_up()


def fill(house: House) -> None:
    """Give alice as many files as she may have, the first of which may go."""
    house.upload("victim.csv", CONTENT)
    prepared(house)


def delete(house: House) -> None:
    """Remove a file and its bytes."""
    for file in house.list_files("alice").files:
        if file.filename == "victim.csv":
            with suppress(NoSuchFileError):  # of an attempt that was recorded though it failed
                house.delete_file("alice", file.file_id)
    house.purge.catch_up()


def make_due(house: House) -> None:
    """Let bob's files become due."""
    prepared(house)
    for name in ("a.csv", "b.csv"):
        house.upload(name, CONTENT, user_id="bob")
    house.clock.turn(house.policy.expiration_hours * 3600 - 1)
    house.upload("late.csv", CONTENT, user_id="carol")


def expire(house: House) -> None:
    """Expire what is due, and let its bytes go."""
    house.clock.turn(2)
    house.expire()
    house.purge.catch_up()


def leave_work(house: House) -> None:
    """Die amid everything: a removal whose bytes are there, bytes without an event."""
    fill(house)
    delete(House(house.folder, house.policy, house.clock))
    (house.folder / "user_files" / "alice" / "000000000000.csv").write_bytes(CONTENT)
    house.upload("unwitnessed.csv", CONTENT, user_id="bob")


def start(house: House) -> None:
    """Finish what a dead process left."""
    house.erase.catch_up()
    house.recover()
    house.recover.sweep()
    house.journal.catch_up()


def witness(house: House) -> None:
    """Write the journal on, and sign it."""
    house.journal.catch_up()
    house.checkpoints.take()


def be_unwitnessed(house: House) -> None:
    """Record more than a segment of the journal holds."""
    prepared(house)
    for number in range(8):
        house.upload("more.csv", CONTENT, user_id=f"user{number}")


def back_up(house: House) -> None:
    """Make a proven copy of everything."""
    target = house.folder.parent / "backup"
    if not target.exists():  # else it was made, and something after it failed
        with Wiring(load_settings(house.folder)) as wiring:
            wiring.back_up(target)
    copy = House(target)
    assert copy.verify().events == house.store.head()
    copy.store.close()


WAYS = [
    Way("upload", prepared, upload),
    Way("upload that evicts", fill, evict),
    Way("delete and purge", fill, delete),
    Way("expiry and purge", make_due, expire, frozenset({"late.csv"})),
    Way("start", leave_work, start),
    Way("journal and checkpoint", be_unwitnessed, witness),
    Way("backup", prepared, back_up),
]
FAULTS = [FULL, READ_ONLY, BROKEN]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BubblewrapSandbox]:
    """A sandbox on a sound disk."""
    with opened(config(tmp_path_factory.mktemp("sandbox"), spares=1)) as made:
        yield made


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_on_a_full_disk_the_cause_is_told_and_nothing_is_lost(way: Way, tmp_path: Path) -> None:
    """Clear words; then, with room again, the same house does it, all is sound, no byte is left over."""
    sweep(way, FULL, tmp_path, sample(range(1, 12), 1))


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_whichever_write_fails_the_cause_is_told_and_nothing_is_lost(
    way: Way, fault: DiskFault, tmp_path: Path
) -> None:
    """Every write of the way, one after the other, and every error that a disk has."""
    sweep(way, fault, tmp_path, count(1))


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_run_whose_outputs_find_no_room_says_so(
    fault: DiskFault, sandbox: BubblewrapSandbox, tmp_path: Path
) -> None:
    """A run's start, its outputs and its end: what was told is kept, and the next run works."""

    def run(house: House) -> None:
        run_code = RunCode(
            house.ledgers, house.blobs, sandbox, RandomIds(), house.runners, house.policy, house.queue
        )
        ran = run_code("bob", "open('out.csv', 'w').write('a,b' * 9000); print('done')")
        if not any(file.filename == "out.csv" for file in ran.files):
            raise EnvironmentFaultError("; ".join(ran.skipped_outputs))

    sweep(Way("run with an output", prepared, run), fault, tmp_path, count(1))


def sweep(way: Way, fault: DiskFault, folder: Path, steps: Iterable[int]) -> None:
    """Go a way again and again, each time with another write that fails, until none does."""
    made = House(folder / "made")
    way.prepare(made)
    made.store.close()
    times, acknowledged, said = 0, 0, ""
    for step in steps:
        tried = folder / f"step{step}" / "data"
        shutil.copytree(made.folder, tried)
        house = House(tried, made.policy)
        house.clock.at = made.clock.at
        outcome = on_faulty_disk(fault, step, partial(way.act, house), tried.parent)
        if outcome.error is None:
            acknowledged += 1
        else:
            said = told(outcome.error, fault)
        works_again(house, way)
        shutil.rmtree(tried.parent)
        if not outcome.failed:
            break
        times += 1
        acknowledged += len(way.keeps)
    record(fault.name, way.name, times=times, acknowledged=acknowledged, says=said, recovers="by itself")


def told(error: BaseException, fault: DiskFault) -> str:
    """Return what a person is told, which must be one line with the cause and a remedy."""
    assert isinstance(error, FileLedgerError), repr(error)
    said = str(error)
    assert "\n" not in said
    assert re.search(CAUSES[fault], said), said
    assert re.search(r"; (free|mount|check|make|give)|verify", said), said
    return said


def works_again(house: House, way: Way) -> None:
    """The same process goes on, the next one too; everything is sound, listed, and as it was."""
    way.act(house)
    house.store.close()
    after = House(house.folder, house.policy, house.clock)
    start(after)
    assert after.verify().ok, after.verify().problems
    users = [path.name for path in (house.folder / "user_files").iterdir()]
    assert set().union(*(after.listed(user) for user in users)) == after.on_disk()
    kept = {file.filename: (user, file) for user in users for file in after.list_files(user).files}
    assert way.keeps <= kept.keys()
    for user, file in kept.values():
        _, content = after.open_file(user, file.file_id)
        with content:
            assert file.filename == "out.csv" or content.read() == CONTENT
    after.store.close()
