"""The aggregate agrees with a naive model over random sequences of commands."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from application.audit import fold
from domain.errors import FileTooLargeError, InvalidValueError, NoSuchFileError, QuotaExceededError
from domain.events import FileEvicted, FileExpired, FileUploaded, LedgerEvent
from domain.executions import MAX_CODE_BYTES, ExecutionReport, Outcome
from domain.files import NewFile
from domain.ledger import UserLedger
from domain.ledger_state import REMEMBERED_SOURCES
from domain.metadata import Metadata
from domain.retention import EvictionRule, Limits
from domain.snapshot import LedgerSnapshot
from domain.tables import Column, FileTables, Table
from tests.support.naive_model import NaiveFile, NaiveLedger

START = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = Limits(max_files=3, max_generated_files=2, max_bytes=100, max_file_bytes=90)


def at(seconds: float = 0) -> Metadata:
    """Return metadata some seconds after the start."""
    return Metadata(timestamp=START + timedelta(seconds=seconds), actor="user:1", cause="test")


def new_file(number: int, size_bytes: int = 1) -> NewFile:
    """Return a file to be recorded, with an id made of its number."""
    return NewFile(
        file_id=f"{number:012d}",
        filename=f"{number}.csv",
        file_type="CSV",
        size_bytes=size_bytes,
        sha256="0" * 64,
    )


def upload(ledger: UserLedger, number: int, limits: Limits = LIMITS, **how: object) -> str:
    """Upload file `number` without expiry."""
    expires_at = how.get("expires_at")
    assert expires_at is None or isinstance(expires_at, datetime)
    return ledger.upload(
        new_file(number), source=f"s{number}", expires_at=expires_at, limits=limits, metadata=at(number)
    )


class LedgerMachine(RuleBasedStateMachine):
    """Drives the aggregate and the naive model through the same commands."""

    uploaded = Bundle("uploaded")

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.number = 0
        self.ledger = UserLedger.open("1", at())
        self.naive = NaiveLedger(LIMITS.max_files, LIMITS.max_generated_files, LIMITS.max_bytes)
        self.all_events: list[LedgerEvent] = []

    def metadata(self) -> Metadata:
        """Return metadata of the present."""
        return Metadata(timestamp=self.now, actor="user:1")

    def expiry(self, seconds: int | None) -> datetime | None:
        """Return a time in so many seconds."""
        return None if seconds is None else self.now + timedelta(seconds=seconds)

    @rule(seconds=st.integers(0, 50))
    def time_passes(self, seconds: int) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    @rule(target=uploaded, size=st.integers(0, 90), lifetime=st.none() | st.integers(1, 60))
    def upload(self, size: int, lifetime: int | None) -> int:
        """Upload a new file."""
        self.number += 1
        new, expires_at, source = new_file(self.number, size), self.expiry(lifetime), f"s{self.number}"
        given = self.ledger.upload(
            new, source=source, expires_at=expires_at, limits=LIMITS, metadata=self.metadata()
        )
        assert given == self.naive.upload(NaiveFile(new.file_id, size, expires_at), source, self.now)
        return self.number

    @rule(number=uploaded)
    def deliver_again(self, number: int) -> None:
        """Deliver a known upload once more."""
        before = len(self.ledger.pending_events)
        given = self.ledger.upload(
            new_file(999_999), source=f"s{number}", expires_at=None, limits=LIMITS, metadata=self.metadata()
        )
        assert given == f"{number:012d}"
        assert len(self.ledger.pending_events) == before

    @rule(number=uploaded)
    def delete(self, number: int) -> None:
        """Delete a file, there or gone."""
        file_id = f"{number:012d}"
        if self.naive.delete(file_id, self.now):
            self.ledger.delete(file_id, self.metadata())
        else:
            with pytest.raises(NoSuchFileError):
                self.ledger.delete(file_id, self.metadata())

    @rule()
    def expire(self) -> None:
        """Expire what is due."""
        assert self.ledger.expire(self.metadata()) == self.naive.expire(self.now)

    @rule(sizes=st.lists(st.integers(0, 60), max_size=4), lifetime=st.none() | st.integers(1, 60))
    def run(self, sizes: list[int], lifetime: int | None) -> None:
        """Run code that makes files."""
        self.number += 1
        run = f"run-{self.number}"
        outputs = []
        for size in sizes:
            self.number += 1
            outputs.append(new_file(self.number, size))
        granted = self.ledger.start_execution(run, "pass", model=None, runner="r", metadata=self.metadata())
        live = [f.file_id for f in self.naive.files if f.expires_at is None or f.expires_at > self.now]
        assert [file.file_id for file in granted] == live
        expires_at = self.expiry(lifetime)
        kept = self.ledger.finish_execution(
            run,
            ExecutionReport(outcome=Outcome.SUCCEEDED),
            outputs=outputs,
            expires_at=expires_at,
            limits=LIMITS,
            metadata=self.metadata(),
        )
        naive = [NaiveFile(new.file_id, new.size_bytes, expires_at, is_upload=False) for new in outputs]
        assert [new.file_id for new in kept] == self.naive.generate(naive, self.now)

    @rule()
    def purge(self) -> None:
        """Purge the bytes of what left."""
        for file_id in list(self.ledger.awaiting_purge):
            self.ledger.record_purge(file_id, 1, self.metadata())
        assert not self.ledger.awaiting_purge

    @invariant()
    def agrees_with_the_naive_model(self) -> None:
        """Both hold the same files in the same order."""
        assert list(self.ledger.files) == [file.file_id for file in self.naive.files]
        assert set(self.ledger.awaiting_purge) <= set(self.naive.gone)

    @invariant()
    def never_exceeds_a_limit_in_any_state(self) -> None:
        """After every single event, every limit holds."""
        for event in self.ledger.pending_events[len(self.all_events) :]:
            self.all_events.append(event)  # type: ignore[arg-type]
            state = fold(self.all_events)
            assert state is not None
            uploads = [file for file in state.files.values() if file.is_upload]
            assert len(uploads) <= LIMITS.max_files
            assert len(state.files) - len(uploads) <= LIMITS.max_generated_files
            assert sum(file.size_bytes for file in state.files.values()) <= LIMITS.max_bytes

    @invariant()
    def nothing_expires_early(self) -> None:
        """No expiry is recorded before its time."""
        for event in self.ledger.pending_events:
            assert not isinstance(event, FileExpired) or event.timestamp >= event.expires_at

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        """The events alone make the same ledger."""
        replayed = fold(self.ledger.pending_events)  # type: ignore[arg-type]
        assert replayed is not None
        assert _state(replayed) == _state(self.ledger)

    @invariant()
    def a_snapshot_gives_the_same_state(self) -> None:
        """A snapshot restores the same ledger."""
        assert _state(LedgerSnapshot.take(self.ledger).mutate(None)) == _state(self.ledger)


def _state(ledger: UserLedger) -> object:
    return (
        ledger.id,
        ledger.version,
        ledger.user_id,
        list(ledger.files.items()),
        list(ledger.awaiting_purge.items()),
        list(ledger.sources.items()),
        list(ledger.running.items()),
    )


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(stateful_step_count=30, deadline=None)


def test_the_newcomer_enters_in_the_step_in_which_the_oldest_leaves() -> None:
    """At the limit, eviction and upload are pending together, the eviction first, and name each other."""
    ledger = UserLedger.open("1", at())
    for number in range(1, 4):
        upload(ledger, number)
    ledger.collect_events()
    upload(ledger, 4)
    evicted, uploaded = ledger.pending_events
    assert isinstance(evicted, FileEvicted)
    assert isinstance(uploaded, FileUploaded)
    assert (evicted.file_id, evicted.displaced_by) == ("000000000001", uploaded.file_id)
    assert (evicted.rule, evicted.limit) == (EvictionRule.MAX_FILES, 3)


def test_a_lowered_limit_evicts_at_the_next_upload() -> None:
    """Files beyond a limit that was lowered leave when the next one comes."""
    ledger = UserLedger.open("1", at())
    for number in range(1, 4):
        upload(ledger, number)
    upload(ledger, 4, Limits(max_files=1))
    assert list(ledger.files) == ["000000000004"]


def test_an_output_never_pushes_out_an_upload() -> None:
    """Outputs that only fit in place of an upload are not kept, and are named."""
    ledger = UserLedger.open("1", at())
    ledger.upload(new_file(1, 80), source="s", expires_at=None, limits=LIMITS, metadata=at())
    ledger.start_execution("run", "x", model=None, runner="r", metadata=at())
    kept = ledger.finish_execution(
        "run",
        ExecutionReport(outcome=Outcome.SUCCEEDED),
        outputs=[new_file(2, 50)],
        limits=LIMITS,
        metadata=at(),
    )
    assert kept == []
    assert list(ledger.files) == ["000000000001"]
    assert "no room" in ledger.pending_events[-1].skipped_outputs[0]  # type: ignore[attr-defined]


def test_a_file_that_can_never_fit_changes_nothing() -> None:
    """Too large for one file, or for all of the space: refused, and nobody is evicted."""
    ledger = UserLedger.open("1", at())
    upload(ledger, 1)
    before = list(ledger.pending_events)
    for size_bytes, error in ((91, FileTooLargeError), (95, QuotaExceededError)):
        limits = LIMITS if error is FileTooLargeError else Limits(max_bytes=94, max_file_bytes=200)
        with pytest.raises(error):
            ledger.upload(new_file(2, size_bytes), source="x", expires_at=None, limits=limits, metadata=at(9))
    assert ledger.pending_events == before


def test_a_due_file_is_out_of_reach_before_its_expiry_is_recorded() -> None:
    """From its due time on a file can be neither listed, loaded nor deleted."""
    ledger = UserLedger.open("1", at())
    upload(ledger, 1, expires_at=at(10).timestamp)
    assert ledger.live_files(at(9.999).timestamp)
    assert not ledger.live_files(at(10).timestamp)
    with pytest.raises(NoSuchFileError):
        ledger.delete("000000000001", at(10))


def test_an_execution_that_ended_cannot_end_again() -> None:
    """A second end records nothing and keeps nothing."""
    ledger = UserLedger.open("1", at())
    ledger.start_execution("run", "x", model=None, runner="r", metadata=at())
    ledger.finish_execution("run", ExecutionReport(outcome=Outcome.FAILED), metadata=at())
    before = ledger.version
    assert (
        ledger.finish_execution(
            "run", ExecutionReport(outcome=Outcome.INTERRUPTED), outputs=[new_file(1)], metadata=at()
        )
        == []
    )
    assert ledger.version == before


def test_remembered_deliveries_stay_bounded() -> None:
    """The oldest deliveries are forgotten, so that the state does not grow with the ledger."""
    ledger = UserLedger.open("1", at())
    for number in range(1, REMEMBERED_SOURCES + 50):
        upload(ledger, number)
    assert len(ledger.sources) == REMEMBERED_SOURCES
    assert f"s{REMEMBERED_SOURCES + 49}" in ledger.sources


@pytest.mark.parametrize("code", ["print('\ud800')", "#" * (MAX_CODE_BYTES + 1)])
def test_code_that_cannot_be_kept_is_refused_before_it_runs(code: str) -> None:
    """Lone surrogates and code of megabytes record nothing."""
    ledger = UserLedger.open("1", at())
    with pytest.raises(InvalidValueError):
        ledger.start_execution("run", code, model=None, runner="r", metadata=at())
    assert ledger.version == 1


TABLES = (Table(rows=2, columns=(Column(name="city", dtype="str"),)),)


def seen_in(ledger: UserLedger, number: int, seen: tuple[Table, ...] = TABLES) -> list[LedgerEvent]:
    """Let a run tell what file `number` holds, and return what the end of the run recorded."""
    run = f"run-{ledger.version}"
    ledger.start_execution(run, "x", model=None, runner="test", metadata=at(50))
    told = FileTables(file_id=f"{number:012d}", tables=seen)
    before = len(ledger.pending_events)
    ledger.finish_execution(run, ExecutionReport(outcome=Outcome.SUCCEEDED, tables=(told,)), metadata=at(50))
    return [event for event in list(ledger.pending_events)[before:] if isinstance(event, LedgerEvent)]


def test_what_a_run_saw_in_a_file_is_known_of_every_copy_of_it() -> None:
    """Until the last copy has left; and a snapshot does not forget it."""
    ledger = UserLedger.open("1", at())
    for number in (1, 2):
        upload(ledger, number)  # both hold the same bytes
    seen_in(ledger, 1)
    second = ledger.files[f"{2:012d}"]

    restored = LedgerSnapshot.take(ledger).mutate(None)

    assert ledger.tables_of(second) == restored.tables_of(second) == TABLES
    ledger.delete(f"{1:012d}", at(60))
    assert ledger.tables_of(second) == TABLES
    ledger.delete(second.file_id, at(60))
    assert ledger.tables == {}


def test_only_news_of_files_that_are_there_is_recorded() -> None:
    """A hundred runs that load one file make the ledger no longer by its columns."""
    ledger = UserLedger.open("1", at())
    upload(ledger, 1)

    [first], [again] = seen_in(ledger, 1), seen_in(ledger, 1)
    [other] = seen_in(ledger, 7)
    [changed] = seen_in(ledger, 1, (TABLES[0].model_copy(update={"rows": 3}),))

    recorded = [bool(getattr(event, "tables", None)) for event in (first, again, other, changed)]
    assert recorded == [True, False, False, True]


def test_what_is_decided_on_a_copy_does_not_reach_the_ledger() -> None:
    """Files, deliveries, runs, tables and pending events of the original stay as they were."""
    ledger = UserLedger.open("1", at())
    for number in (1, 2):
        upload(ledger, number)
    seen_in(ledger, 1)
    before, pending = LedgerSnapshot.take(ledger), list(ledger.pending_events)

    twin = deepcopy(ledger)
    upload(twin, 3)
    twin.delete(f"{1:012d}", at(60))
    seen_in(twin, 2)

    assert LedgerSnapshot.take(ledger) == before
    assert list(ledger.pending_events) == pending
    assert LedgerSnapshot.take(twin) != before
