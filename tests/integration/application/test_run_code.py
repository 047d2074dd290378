"""Running code: what is granted, kept, recorded and closed, around a scripted sandbox."""

import io
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from application.ledgers import By
from application.policy import UsagePolicy
from application.ports.sandbox import Check, RunHost, RunRequest, RunResult
from application.run_code import RunCode, Unobserved
from application.run_queue import CancelledError
from domain.errors import EnvironmentFaultError, InvalidValueError
from domain.events import ExecutionFinished, ExecutionStarted
from domain.executions import Outcome
from domain.ledger import UserLedger
from domain.retention import Limits
from infrastructure.clock import RandomIds
from infrastructure.runners import RunnerLocks
from tests.support.house import House
from tests.support.waiting import wait_until

Script = Callable[[RunRequest, RunHost], RunResult]


class ScriptedSandbox:
    """A sandbox that does what the test says instead of running code."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def run(self, request: RunRequest, host: RunHost) -> RunResult:
        """Follow the script."""
        return self._script(request, host)

    def checks(self) -> Sequence[Check]:
        """Have nothing to check."""
        return ()

    def close(self) -> None:
        """Have nothing to close."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house with a limit of two outputs."""
    return House(tmp_path, UsagePolicy(limits=Limits(max_generated_files=2)))


def runner(house: House, script: Script) -> RunCode:
    """Return the use case over a script."""
    sandbox = ScriptedSandbox(script)
    return RunCode(house.ledgers, house.blobs, sandbox, RandomIds(), house.runners, house.policy, house.queue)


def ended(outcome: Outcome = Outcome.SUCCEEDED, **facts: object) -> RunResult:
    """Return a result."""
    return RunResult(outcome, 0, "out", "", 5, **facts)  # type: ignore[arg-type]


def events(house: House) -> list[object]:
    """Return alice's events."""
    return [recorded.event for recorded in house.store.stream(UserLedger.create_id("alice"))]


def test_a_run_opens_the_files_of_its_owner_and_no_others(house: House) -> None:
    """Live files of the user are granted and open read-only; foreign, gone and absent ones are None."""
    mine = house.upload("mine.csv", b"a,b\n1,2\n").file.file_id
    foreign = house.upload("foreign.csv", user_id="bob").file.file_id
    deleted = house.upload("deleted.csv").file.file_id
    house.delete_file("alice", deleted)

    def script(request: RunRequest, host: RunHost) -> RunResult:
        granted = host.open_file(mine)
        assert granted is not None
        with granted.content as content:
            assert content.read() == b"a,b\n1,2\n"
            assert not content.writable()
        assert (granted.filename, granted.kind.label) == ("mine.csv", "CSV")
        assert [host.open_file(file_id) for file_id in (foreign, deleted, "0" * 12, "../x")] == [None] * 4
        assert request.timeout_s == house.policy.execution_timeout_s
        return ended(loaded_file_ids=(mine,))

    runner(house, script)("alice", "code")
    started = next(event for event in events(house) if isinstance(event, ExecutionStarted))
    finished = next(event for event in events(house) if isinstance(event, ExecutionFinished))
    assert started.input_file_ids == (mine,)
    assert finished.loaded_file_ids == (mine,)


@pytest.mark.parametrize("timeout_s", [60.1, float("inf"), float("nan"), 0.0])
def test_a_run_cannot_ask_for_more_time_than_the_operator_allows(house: House, timeout_s: float) -> None:
    """Less than the limit is theirs to choose; what is above it, or no time at all, is refused unrecorded."""
    granted: list[float] = []

    def script(request: RunRequest, _: RunHost) -> RunResult:
        granted.append(request.timeout_s)
        return ended()

    run = runner(house, script)
    with pytest.raises(InvalidValueError, match=r"up to 60 s here, .*CODE_EXECUTION_TIMEOUT"):
        run("alice", "code", timeout_s=timeout_s)
    assert house.store.load("alice") is None
    run("alice", "code", timeout_s=60.0)
    run("alice", "code", timeout_s=0.5)
    assert granted == [60.0, 0.5]


def test_outputs_become_files_and_those_without_room_leave_no_bytes(house: House) -> None:
    """Two of three are kept under safe names; the third is named as skipped and purged."""

    def script(_: RunRequest, host: RunHost) -> RunResult:
        kept = [host.keep_output(name, io.BytesIO(b"x")) for name in ("../../plot.png", "a/b.csv", "c.csv")]
        assert kept == [None, None, "only 2 outputs of a run are kept"]
        return ended(skipped_outputs=("pipe: not a regular file", f"c.csv: {kept[2]}"))

    execution = runner(house, script)("alice", "code")
    assert [file.filename for file in execution.files] == ["plot.png", "a_b.csv"]
    assert len(execution.skipped_outputs) == 2
    assert house.on_disk() == house.listed()
    assert len(house.listed()) == 2


def test_older_outputs_make_room_for_newer_ones(house: House) -> None:
    """The second run's outputs displace the first's, never an upload."""
    upload = house.upload("mine.csv").file.file_id

    def script(_: RunRequest, host: RunHost) -> RunResult:
        for name in ("a.txt", "b.txt"):
            host.keep_output(name, io.BytesIO(b"x"))
        return ended()

    run = runner(house, script)
    run("alice", "code")
    second = run("alice", "code")
    house.purge.catch_up()
    assert [file.file_id for file in house.list_files("alice").files] == [
        upload,
        *(file.file_id for file in second.files),
    ]
    assert house.on_disk() == house.listed()


def test_no_boundary_means_refused_with_cause_and_remedy(house: House) -> None:
    """The execution is recorded as refused and carries the sandbox's words."""

    def script(_: RunRequest, __: RunHost) -> RunResult:
        msg = "No sandbox: user namespaces are off. Set the sysctl."
        raise EnvironmentFaultError(msg)

    execution = runner(house, script)("alice", "code")
    assert (execution.outcome, execution.explanation) == (
        Outcome.REFUSED,
        "No sandbox: user namespaces are off. Set the sysctl.",
    )
    assert isinstance(events(house)[-1], ExecutionFinished)


def test_a_run_that_breaks_down_is_closed_as_interrupted_and_leaves_no_bytes(house: House) -> None:
    """Whatever is raised under way, the ledger does not keep it running."""

    def script(_: RunRequest, host: RunHost) -> RunResult:
        host.keep_output("half.csv", io.BytesIO(b"x"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner(house, script)("alice", "code")
    finished = events(house)[-1]
    assert isinstance(finished, ExecutionFinished)
    assert finished.outcome is Outcome.INTERRUPTED
    house.recover()
    house.recover.sweep()
    assert house.on_disk() == set()


def test_a_run_of_a_dead_process_is_closed_at_the_next_start_and_one_of_a_living_is_not(
    house: House, tmp_path: Path
) -> None:
    """Liveness is the kernel's word: a lock that its holder's death drops."""

    def start(user_id: str, runners: RunnerLocks) -> None:
        house.ledgers.decide(
            user_id,
            lambda ledger, metadata: ledger.start_execution(
                f"run-{user_id}", "x", model=None, runner=runners.current(), metadata=metadata
            ),
            By.user(user_id),
        )

    dead, living = RunnerLocks(tmp_path / "runners"), RunnerLocks(tmp_path / "runners")
    start("alice", dead)
    start("bob", living)
    dead.close()
    assert house.recover().interrupted == ("run-alice",)
    living.close()
    assert house.recover().interrupted == ("run-bob",)


def test_twenty_runs_of_five_users_take_turns(house: House) -> None:
    """No user's first run begins after another user's second one, and two at most go on at once."""
    begun: list[str] = []
    going: list[int] = []
    under_way: set[str] = set()

    def script(request: RunRequest, _host: RunHost) -> RunResult:
        begun.append(request.user_id)
        under_way.add(request.execution_id)
        going.append(len(under_way))
        time.sleep(0.02)
        under_way.discard(request.execution_id)
        return ended()

    run = runner(house, script)
    users = [f"user{number}" for number in range(5)]
    with house.queue.turn("holder", Unobserved()), house.queue.turn("other holder", Unobserved()):
        pool = ThreadPoolExecutor(20)
        runs = [pool.submit(run, user, "1") for user in users for _ in range(4)]
        wait_until(lambda: len(house.queue) == 22)
    assert {each.result().outcome for each in runs} == {Outcome.SUCCEEDED}
    rounds = [begun[:place].count(user) for place, user in enumerate(begun)]
    # The two that go on at once may take their first step in either order.
    assert all(one <= other for one, other in zip(rounds, rounds[2:], strict=False))
    assert max(going) == 2


def test_a_run_cancelled_in_the_queue_is_not_recorded(house: House) -> None:
    """It never began: nothing ran, and the ledger holds nothing of it."""

    class Impatient(Unobserved):
        def cancelled_by(self) -> str:
            return "user:alice"

    run = runner(house, lambda _request, _host: pytest.fail("it ran"))
    with (
        house.queue.turn("a", Unobserved()),
        house.queue.turn("b", Unobserved()),
        pytest.raises(CancelledError, match="by its user"),
    ):
        run("alice", "1", observer=Impatient())
    assert house.store.load("alice") is None
