"""The whole house in any order of use, with failing ports and kills, agrees with a naive model."""

import io
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from application.fsck import Fsck
from application.ledgers import By
from application.policy import UsagePolicy
from application.ports.sandbox import RunHost, RunRequest, RunResult, Sandbox
from application.ports.views import Views
from application.run_code import RunCode
from domain.errors import (
    DeliveredBeforeError,
    FileLedgerError,
    FileTooLargeError,
    HeldError,
    IntegrityFaultError,
    InvalidValueError,
    NoSuchFileError,
    RefusedError,
)
from domain.executions import Outcome
from domain.files import clean_filename
from domain.retention import Limits
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.clock import RandomIds
from infrastructure.ledger.store import SQLiteLedgerStore
from tests.support.faults import Faults, KilledError, faulty, gone
from tests.support.fuzzing import tries
from tests.support.house import House
from tests.support.naive_model import NaiveFile, NaiveLedger
from tests.support.naive_views import NaiveViews

LIMITS = Limits(max_files=3, max_generated_files=2, max_bytes=100, max_file_bytes=80)
POLICY = UsagePolicy(limits=LIMITS, expiration_hours=1.0)
LIFETIME = timedelta(hours=1)
USERS = ("alice", "bob")
OPERATOR = By("admin:carol", "test")
LONGEST_MESSAGE = 600

users = st.sampled_from(USERS)
names = st.text(max_size=12) | st.sampled_from(["a.csv", "../x.tar.gz", "\ud800.csv", "x" * 300 + ".csv", ""])
contents = st.binary(max_size=90)
file_numbers = st.integers(0, 30)


def bad_block() -> IntegrityFaultError:
    """Return what a store says of bytes that are not those it wrote."""
    return IntegrityFaultError("Event 3 is damaged: the test says so. Run `fileledger verify`.")


class IssuedIds(RandomIds):
    """Ids that are remembered in the order in which they were drawn."""

    def __init__(self) -> None:
        self.issued: list[str] = []

    def file_id(self) -> str:
        """Return a new file id."""
        self.issued.append(super().file_id())
        return self.issued[-1]


@dataclass
class FaultyHouse(House):
    """A house whose ports fail when they are told to."""

    faults: Faults = field(default_factory=Faults)

    @cached_property
    def sound_store(self) -> SQLiteLedgerStore:
        """The ledger, which works."""
        return SQLiteLedgerStore(self.folder / "ledger" / "ledger.db", self.keys)

    @cached_property
    def store(self) -> SQLiteLedgerStore:
        """The ledger, which fails."""
        return faulty(self.sound_store, self.faults)

    @cached_property
    def blobs(self) -> FolderBlobStore:
        """Files that fail."""
        return faulty(FolderBlobStore(self.folder / "user_files"), self.faults)

    @cached_property
    def views(self) -> Views:
        """Views that fail."""
        return faulty(cast("Views", NaiveViews(self.sound_store)), self.faults)

    def settle(self) -> None:
        """Do what a start does, and what the followers of the ledger do."""
        self.erase.catch_up()
        self.recover()
        self.recover.sweep()
        self.purge.catch_up()
        self.journal.catch_up()

    def close(self) -> None:
        """End as a process does."""
        self.runners.close()
        self.sound_store.close()


@dataclass
class Script:
    """A sandbox that makes the outputs that it is told to, or fails."""

    ids: IssuedIds
    outputs: list[tuple[str, bytes]]
    error: Callable[[], BaseException] | None = None
    kept: dict[str, bytes] = field(default_factory=dict)

    def run(self, request: RunRequest, host: RunHost) -> RunResult:
        """Open every file, keep every output."""
        for granted in filter(None, map(host.open_file, [file.file_id for file in host.files()])):
            granted.content.close()
        for name, content in self.outputs:
            if host.keep_output(name, io.BytesIO(content)) is None:
                self.kept[self.ids.issued[-1]] = content
        if self.error:
            raise self.error()
        return RunResult(Outcome.SUCCEEDED, 0, "out", "", 1)


class AnyOrder(RuleBasedStateMachine):
    """Drives a house and a naive model through the same commands; some of them fail half way.

    What failed has happened as a whole or not at all: of the model before it and the model
    after it one agrees with the house, once that has recovered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scratch = TemporaryDirectory()
        self.house = FaultyHouse(Path(self.scratch.name) / "house", POLICY, ids=IssuedIds())
        self.contents: dict[str, bytes] = {}
        empty = NaiveLedger(LIMITS.max_files, LIMITS.max_generated_files, LIMITS.max_bytes)
        self.naive = {user: deepcopy(empty) for user in USERS}
        self.deliveries: dict[str, str] = {}

    # -- the world ---------------------------------------------------------------

    @rule(minutes=st.integers(1, 50))
    def time_passes(self, minutes: int) -> None:
        """Let time go by."""
        self.house.clock.turn(minutes * 60)

    @rule(
        error=st.sampled_from([gone, bad_block, KilledError]), calls=st.integers(0, 12), is_late=st.booleans()
    )
    def something_will_fail(self, error: Callable[[], BaseException], calls: int, is_late: bool) -> None:  # noqa: FBT001 - drawn by name
        """Let one of the next calls of a port fail."""
        self.house.faults.arm(error, calls, is_late=is_late)

    @rule()
    def restart(self) -> None:
        """End the process and start another one."""
        self.house.close()
        before = self.house
        self.house = FaultyHouse(before.folder, POLICY, before.clock, before.ids)
        self.settle()

    # -- what people do ----------------------------------------------------------

    @rule(user=users, name=names, content=contents, again=st.none() | st.integers(0, 5))
    def upload(self, user: str, name: str, content: bytes, again: int | None) -> None:
        """Upload a file; or deliver an earlier one again."""
        source = f"{user}-{len(self.deliveries) if again is None else again}"
        self.deliveries.setdefault(source, user)
        model, known = self.naive[user], self.naive[user].sources.get(source)
        is_gone = known is not None and known not in self.live(user)

        def after() -> NaiveLedger | None:
            if known is not None:
                return None if is_gone else model
            later = deepcopy(model)
            new = NaiveFile(self.newest_id(content), len(content), self.house.clock.now() + LIFETIME)
            fits = len(content) <= LIMITS.max_file_bytes and later.upload(new, source, self.house.clock.now())
            return later if fits else None

        expected = (DeliveredBeforeError,) if is_gone else (FileTooLargeError, RefusedError)
        act = partial(self.house.upload_file, user, name, [content], source=source)
        receipt = self.attempt(user, act, after, *expected)
        if receipt is not None:
            assert (receipt.file.filename, receipt.count) == (
                receipt.file.filename if known else clean_filename(name),
                sum(file.is_upload for file in self.naive[user].live(self.house.clock.now())),
            )

    @rule(user=users, outputs=st.lists(st.tuples(names, contents), max_size=3), code=st.text(max_size=5))
    def run_code(self, user: str, outputs: list[tuple[str, bytes]], code: str) -> None:
        """Run code that makes files."""
        self.run_script(user, Script(self.ids, outputs), code)

    @rule(user=users, error=st.sampled_from([bad_block, gone, KilledError]))
    def run_that_breaks_down(self, user: str, error: Callable[[], BaseException]) -> None:
        """Run code in a sandbox that fails, or takes the whole process with it."""
        self.run_script(user, Script(self.ids, [("half.csv", b"half")], error), "code")

    def run_script(self, user: str, script: Script, code: str) -> None:
        """Run code that is none; see what is kept."""
        house = self.house
        sandbox = cast("Sandbox", script)
        run = RunCode(house.ledgers, house.blobs, sandbox, house.ids, house.runners, POLICY, house.queue)

        def after() -> NaiveLedger | None:
            later, now = deepcopy(self.naive[user]), house.clock.now()
            self.contents |= script.kept
            kept = [
                NaiveFile(file_id, len(content), now + LIFETIME, is_upload=False)
                for file_id, content in script.kept.items()
            ]
            later.generate(kept, now)
            return None if script.error is bad_block else later

        act = partial(run, user, code)
        self.attempt(user, act, after, IntegrityFaultError, InvalidValueError)

    @rule(user=users, number=file_numbers)
    def delete(self, user: str, number: int) -> None:
        """Delete a file of anybody's, there or gone or held."""
        file_id = self.some_id(number)
        later = deepcopy(self.naive[user])
        is_deleted = later.delete(file_id, self.house.clock.now())
        act = partial(self.house.delete_file, user, file_id)
        self.attempt(user, act, lambda: later if is_deleted else None, NoSuchFileError, HeldError)

    @rule(user=users, number=file_numbers)
    def download(self, user: str, number: int) -> None:
        """Download a file of anybody's: the owner gets the bytes that came, others nothing."""
        file_id = self.some_id(number)
        is_there = file_id in self.live(user)

        def act() -> bytes:
            with self.house.open_file(user, file_id)[1] as content:
                return content.read()

        found = self.attempt(user, act, lambda: self.naive[user] if is_there else None, NoSuchFileError)
        assert found is None or found == self.contents[file_id]

    @rule(user=users)
    def forget(self, user: str) -> None:
        """Erase a user, unless something is held."""
        later = deepcopy(self.naive[user])
        later.files, later.sources = [], {}
        is_held = bool(later.held)
        self.attempt(
            user,
            partial(self.house.forget, user),
            lambda: None if is_held else later,
            HeldError,
            RefusedError,
        )

    # -- what operators and the house do -------------------------------------------

    @rule(user=users, number=st.none() | file_numbers, is_placed=st.booleans())
    def hold(self, user: str, number: int | None, is_placed: bool) -> None:  # noqa: FBT001 - drawn by name
        """Place or release a hold on a file, or on all of a user's."""
        file_id = None if number is None else self.some_id(number)
        later = deepcopy(self.naive[user])
        known = {file.file_id for file in later.files} | ({None} if self.is_known(user) else set())
        can = file_id in (known if is_placed else later.held)
        (later.held.add if is_placed else later.held.discard)(file_id)
        change = self.house.holds.place if is_placed else self.house.holds.release
        act = partial(change, user, file_id, "a reason", OPERATOR)
        self.attempt(user, act, lambda: later if can else None, InvalidValueError, NoSuchFileError)

    def is_known(self, user: str) -> bool:
        """Tell whether the ledger knows a user who was not erased."""
        ledger = self.house.sound_store.load(user)
        return ledger is not None and not ledger.is_erased

    @rule()
    def expire(self) -> None:
        """Record what is due."""
        self.attempt_for_all(self.house.expire)
        for naive in self.naive.values():
            naive.expire(self.house.clock.now())

    @rule()
    def purge(self) -> None:
        """Let the disk go of what left."""
        self.attempt_for_all(self.house.purge.catch_up)

    @rule()
    def erase(self) -> None:
        """Go on with erasures."""
        self.attempt_for_all(self.house.erase.catch_up)

    @rule()
    def witness(self) -> None:
        """Write the journal, sign what it holds."""
        self.attempt_for_all(self.house.journal.catch_up)

    @precondition(lambda self: any(map(self.is_known, USERS)))
    @rule()
    def move_house(self) -> None:
        """Export everybody, import them elsewhere: the same files and bytes are there."""
        self.house.faults.disarm()
        with TemporaryDirectory() as elsewhere:
            other = House(Path(elsewhere), POLICY, self.house.clock)
            for user in filter(self.is_known, USERS):
                archive = io.BytesIO()
                self.house.export(user, archive)
                other.import_user(archive, OPERATOR)
                assert self.listed(other, user) == self.live(user)
                again = io.BytesIO()
                other.export(user, again)
                assert again.getvalue() == archive.getvalue()
            assert other.verify().ok
            other.store.close()

    # -- how it is held against the model -----------------------------------------------

    def attempt(
        self,
        user: str,
        act: Callable[[], Any],
        after: Callable[[], NaiveLedger | None],
        *expected: type[FileLedgerError],
    ) -> Any:
        """Do something of a user's; `after` is the model when it is done, None when it is to be refused."""
        result = None
        try:
            result = act()
        except (FileLedgerError, KilledError) as error:
            later = after()
            is_struck = self.is_struck(error)
            if not is_struck and (later is not None or not isinstance(error, expected)):
                raise
            self.told(error)
            self.recover()
            self.take_one_of(user, self.naive[user], later if is_struck else None)
        else:
            later = after()
            assert later is not None, "it was to be refused"
            self.take_one_of(user, later, self.naive[user] if self.house.faults.has_struck else None)
            self.recover()
        return result

    def attempt_for_all(self, act: Callable[[], object]) -> None:
        """Do something that changes nothing that people see."""
        try:
            act()
        except (FileLedgerError, KilledError) as error:
            if not self.is_struck(error):
                raise
            self.told(error)
        self.recover()

    def is_struck(self, error: BaseException) -> bool:
        """Tell whether a fault is behind it that was ordered."""
        return isinstance(error, KilledError) or self.house.faults.has_struck

    def told(self, error: BaseException) -> None:
        """Look at an error as the one who is told."""
        words = str(error)
        if isinstance(error, FileLedgerError):
            assert words.endswith((".", ")", "`")), words
            assert "\n" not in words
            assert len(words) < LONGEST_MESSAGE

    def recover(self) -> None:
        """Go on after what failed, if anything did: in a new process after a kill."""
        is_killed = isinstance(self.house.faults.error(), KilledError) and self.house.faults.has_struck
        if self.house.faults.disarm():
            self.restart() if is_killed else self.settle()

    def settle(self) -> None:
        """Let the house do what it does at a start."""
        self.house.settle()
        for naive in self.naive.values():
            naive.expire(self.house.clock.now())

    def take_one_of(self, user: str, *models: NaiveLedger | None) -> None:
        """Go on with the model that the house agrees with."""
        self.house.faults.calls_left = None
        seen = self.listed(self.house, user)
        now = self.house.clock.now()
        fitting = [model for model in models if model and [file.file_id for file in model.live(now)] == seen]
        assert fitting, (seen, models)
        held = set(self.held(user))
        self.naive[user] = next((model for model in fitting if model.held == held), fitting[0])

    def held(self, user: str) -> set[str | None]:
        """Return what is held, by the ledger."""
        ledger = self.house.sound_store.load(user)
        return set(ledger.holds) if ledger else set()

    def listed(self, house: House, user: str) -> list[str]:
        """Return the ids on a user's list."""
        return [file.file_id for file in house.list_files(user).files]

    def live(self, user: str) -> list[str]:
        """Return the ids that are on the model's list."""
        return [file.file_id for file in self.naive[user].live(self.house.clock.now())]

    @property
    def ids(self) -> IssuedIds:
        """Every file id that was drawn."""
        return cast("IssuedIds", self.house.ids)

    def newest_id(self, content: bytes) -> str:
        """Return the id that the newest upload got, or would have got."""
        file_id = (
            self.ids.issued[-1] if self.ids.issued and self.ids.issued[-1] not in self.contents else "0" * 12
        )
        self.contents[file_id] = content
        return file_id

    def some_id(self, number: int) -> str:
        """Return an id of a file there ever was, or none at all."""
        issued = self.ids.issued
        return issued[number] if number < len(issued) else f"no such file {number}"

    @invariant()
    def the_lists_agree(self) -> None:
        """Every user's list is the model's."""
        armed, self.house.faults.calls_left = self.house.faults.calls_left, None
        for user in USERS:
            assert self.listed(self.house, user) == self.live(user)
        self.house.faults.calls_left = armed

    def teardown(self) -> None:
        """Look at everything at the end: nothing is lost, left over, or altered."""
        self.house.faults.disarm()
        try:
            self.settle()
            self.look_through(self.house)
        finally:
            self.house.close()
            self.scratch.cleanup()

    def look_through(self, house: FaultyHouse) -> None:
        """Compare ledger, lists, disk and bytes."""
        assert [problem.detail for problem in house.verify().problems] == []
        assert Fsck(house.store, house.ledgers, house.blobs)().plan == ()
        assert house.on_disk() == {name for user in USERS for name in house.listed(user)}
        for user in USERS:
            for file_id in self.live(user):
                with house.open_file(user, file_id)[1] as content:
                    assert content.read() == self.contents[file_id]


TestAnyOrder = pytest.mark.fuzz(AnyOrder.TestCase)
TestAnyOrder.settings = tries(12, steps=15)
