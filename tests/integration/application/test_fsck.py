"""The disk held against the ledger, and mended, over real files."""

from pathlib import Path
from typing import BinaryIO

import pytest

from application.audit import ExplainFile
from application.fsck import Action, Fsck, FsckReport
from domain.damage import Damage
from domain.errors import EnvironmentFaultError
from domain.events import FileLost
from domain.ledger import UserLedger
from domain.why import FileState
from tests.support.house import House
from tests.support.intruder import Intruder

WORDS = "The bucket does not answer."
SOUND = FsckReport((), (), (), ())


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice has three files and bob one."""
    house = House(tmp_path)
    for number in range(3):
        house.upload(f"{number}.csv", f"{number}".encode())
    house.upload("bob.csv", b"bob", user_id="bob")
    return house


def check(house: House, *, repair: bool = False) -> FsckReport:
    """Run fsck as a new process would."""
    return Fsck(house.store, house.ledgers, house.blobs)(repair=repair)


def blobs(house: House, user_id: str = "alice") -> list[Path]:
    """Return the paths of a user's live blobs, oldest file first."""
    files = house.list_files(user_id).files
    return [house.folder / "user_files" / user_id / f"{file.file_id}{file.extension}" for file in files]


def stored(house: House) -> list[bytes]:
    """Return all stored bytes of the ledger."""
    return [(row.state or b"") + (row.digest or b"") for row in house.store.recorder.scan()]


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_audit_25_a_sound_house_has_no_finding(house: House) -> None:
    """Nothing is missing, altered or left over."""
    assert check(house) == SOUND


def test_audit_25_all_planted_damage_is_found(house: House) -> None:
    """Bytes removed, changed, emptied and grown; strays in folders of users, of nobody, outside any."""
    first, second, third = blobs(house)
    (bobs,) = blobs(house, "bob")
    first.unlink()
    second.write_bytes(b"x")
    third.write_bytes(b"")
    bobs.write_bytes(b"bob" * 2)
    root = house.folder / "user_files"
    planted = {
        "alice/zzzzzzzzzzzz.csv",
        "mallory/aaaaaaaaaaaa.csv",
        "loose.txt",
        "alice/deep/er.txt",
        "bob/link",
    }
    for where in planted - {"bob/link"}:
        (root / where).parent.mkdir(exist_ok=True)
        (root / where).write_bytes(b"stray")
    (root / "bob" / "link").symlink_to(bobs)
    (house.folder / "staging" / "left").write_bytes(b"half a file")

    report = check(house)

    found = {it.name: it.damage for it in report.damaged}
    assert found == {
        first.name: Damage.MISSING,
        second.name: Damage.ALTERED,
        third.name: Damage.ALTERED,
        bobs.name: Damage.ALTERED,
    }
    assert {stray.where for stray in report.strays} == {*planted, "../staging/left"}


def test_bytes_that_cannot_be_read_for_now_are_not_recorded_as_lost(house: House) -> None:
    """A service that is away, a folder without access: the repair says so and changes nothing."""

    def refuse(*_: object) -> BinaryIO:
        raise EnvironmentFaultError(WORDS)

    head, sound = house.store.head(), house.blobs.open
    house.blobs.__dict__["open"] = refuse
    with pytest.raises(EnvironmentFaultError, match=WORDS):
        check(house, repair=True)
    with pytest.raises(EnvironmentFaultError, match=WORDS):
        house.verify()
    assert house.store.head() == head

    (gone, *_) = blobs(house)
    gone.unlink()
    house.blobs.__dict__["open"] = lambda user, name: (sound if name == gone.name else refuse)(user, name)
    with pytest.raises(EnvironmentFaultError, match=WORDS):
        check(house, repair=True)
    assert house.store.head() == head


def test_audit_25_bytes_that_a_process_is_about_to_record_are_no_strays(house: House) -> None:
    """Between commit and event a blob belongs to its writer."""
    with house.blobs.stage("alice") as staged:
        staged.write(b"on its way")
        assert check(house) == SOUND
        staged.commit("000000000001.csv")
        assert check(house) == SOUND


def test_audit_25_what_a_damaged_ledger_wants_is_left_alone(house: House) -> None:
    """Its bytes are no strays; the ledger is named, and nothing counts as mended."""
    intruder = Intruder(house.folder)
    intruder.rewrite(2, "CSV", "TSV")
    intruder.close()
    broken = House(house.folder)
    before = contents(house.folder / "user_files")

    report = check(broken, repair=True)

    assert report.unreadable == (UserLedger.create_id("alice").hex,)
    assert (report.damaged, report.strays, report.is_mended) == ((), (), False)
    assert contents(house.folder / "user_files") == before


def test_audit_26_a_dry_run_tells_what_a_repair_then_does(house: House) -> None:
    """The plan is the same, and until it is carried out nothing changes, in the ledger or on disk."""
    blobs(house)[0].write_bytes(b"x")
    before = contents(house.folder)

    planned = check(house)

    assert contents(house.folder).keys() == before.keys()
    assert contents(house.folder / "user_files") == {
        name.removeprefix("user_files/"): content
        for name, content in before.items()
        if name.startswith("user_files/")
    }
    assert check(house, repair=True).plan == planned.plan
    assert [step.action for step in planned.plan] == [Action.SET_ASIDE, Action.RECORD_LOSS]


def test_audit_26_a_repair_only_appends_events_and_sets_bytes_aside(house: House) -> None:
    """What was stored stands there byte for byte, no byte of the disk is gone, and then all is sound."""
    first, second, _ = blobs(house)
    first.unlink()
    second.write_bytes(b"altered")
    (house.folder / "user_files" / "alice" / "stray").write_bytes(b"stray")
    events, disk = stored(house), set(contents(house.folder / "user_files").values())

    assert check(house, repair=True).is_mended

    assert stored(house)[: len(events)] == events
    lost = [r.event for r in house.store.events_after(len(events), limit=10)]
    assert [(type(event), getattr(event, "damage", None)) for event in lost] == [
        (FileLost, Damage.MISSING),
        (FileLost, Damage.ALTERED),
    ]
    everything = contents(house.folder / "user_files") | contents(house.folder / "quarantine")
    assert set(everything.values()) == disk
    house.purge.catch_up()
    assert check(house) == SOUND
    assert house.verify().problems == ()
    answer = ExplainFile(house.store)(first.name.removesuffix(".csv"))
    assert answer.state is FileState.LOST
    assert "found missing by system:fsck (cause: fsck --repair)" in answer.text


def test_what_a_repair_set_aside_goes_when_its_user_is_erased(house: House) -> None:
    """Altered bytes may be somebody's as well; those of others stay aside."""
    (bobs,) = blobs(house, "bob")
    for path in (blobs(house)[0], bobs):
        path.write_bytes(b"altered")
    check(house, repair=True)

    house.forget("alice")

    assert {Path(name).parent.name for name in contents(house.folder / "quarantine")} == {"bob"}


@pytest.mark.parametrize("altered", [False, True])
def test_audit_26_bytes_are_restored_from_a_sound_copy(house: House, *, altered: bool) -> None:
    """Another file of the user with the same content gives its bytes; the file stays in the list."""
    house.upload("again.csv", b"1")  # the fourth: the first leaves
    twin, other, copy = blobs(house)
    before = house.store.head()
    if altered:
        twin.write_bytes(b"x")
    else:
        twin.rename(twin.with_name("misplaced"))
        copy.unlink()
    house.purge.catch_up()

    report = check(house, repair=True)

    assert Action.RECORD_LOSS not in {step.action for step in report.plan}
    assert [path.read_bytes() for path in (twin, other, copy)] == [b"1", b"2", b"1"]
    assert not [r for r in house.store.events_after(before, limit=9) if isinstance(r.event, FileLost)]
    assert check(house) == SOUND


def test_audit_26_a_repair_that_was_interrupted_is_finished_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after any step: the next repair ends in the same state."""
    for path in blobs(house)[:2]:
        path.write_bytes(b"x")
    steps = len(check(house).plan)
    take, left = Fsck._take, steps - 1  # noqa: SLF001 - the moment of a kill

    for killed_after in range(1, left + 1):
        taken: list[object] = []

        def dying(self: Fsck, step: object, taken: list[object] = taken, last: int = killed_after) -> None:
            if len(taken) == last:
                raise KeyboardInterrupt
            taken.append(step)
            take(self, step)  # type: ignore[arg-type]

        monkeypatch.setattr(Fsck, "_take", dying)
        try:
            check(house, repair=True)
        except KeyboardInterrupt:
            continue
    monkeypatch.setattr(Fsck, "_take", take)
    check(house, repair=True)
    assert check(house) == SOUND
    assert len(house.list_files("alice").files) == 1
