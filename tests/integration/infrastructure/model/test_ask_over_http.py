"""Whole turns through the real adapter and a real socket; only the sandbox is left out."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from application.ask import Ask
from application.files import Listing
from application.ledgers import By
from application.model import Usage
from application.run_code import Execution, RunObserver
from application.turn import Answer, StopReason
from domain.executions import Outcome
from domain.files import LedgerFile
from infrastructure.model.factory import create_model
from tests.support.model_endpoint import (
    Events,
    ModelEndpoint,
    Request,
    Script,
    Step,
    chunk,
    error,
    runs,
    says,
)

NOW = datetime(2025, 10, 2, 10, 30, tzinfo=UTC)
FILE = LedgerFile(
    file_id="abc123xyz789",
    filename="sales.csv",
    extension=".csv",
    file_type="CSV",
    size_bytes=1200,
    sha256="0" * 64,
    uploaded_at=NOW,
    expires_at=None,
)


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        """Return the same time always."""
        return NOW


def run_code(
    user_id: str, code: str, *, by: By | None, model: str | None, observer: RunObserver | None
) -> Execution:
    """Pretend to run: code with `bad` in it fails."""
    del user_id, by, model, observer
    outcome = Outcome.FAILED if "bad" in code else Outcome.SUCCEEDED
    stderr = "NameError: name 'bad' is not defined" if "bad" in code else ""
    return Execution(f"run of {code}", outcome, int("bad" in code), "", stderr, 1, "", (), (), ())


@contextmanager
def asking(script: Script) -> Iterator[tuple[Ask, ModelEndpoint]]:
    """Yield the use case, wired to an endpoint with a script."""
    with ModelEndpoint(script) as endpoint, closing(create_model("sk-test", endpoint.base_url, "m")) as model:
        listing = Listing("ann", 1, 20, (FILE,))
        yield Ask(model, run_code, lambda _: listing, lambda _, __: {}, FixedClock()), endpoint


def answer_to(script: Sequence[Step]) -> Answer:
    """Return what comes of a turn with a script."""
    with asking(script) as (ask, _):
        return ask("ann", "What sells best?")


def test_a_turn_with_a_repair_goes_to_its_answer() -> None:
    """The model reads the file's id, sees its code fail, repairs it, and answers."""

    def open_listed_file(request: Request) -> Step:
        return runs(f"bad(load_file('{request.file_ids[0]}'))")

    with asking([open_listed_file, runs("good"), says("Umbrellas.")]) as (ask, endpoint):
        answer = ask("ann", "What sells best?")
    assert answer.text == "Umbrellas."
    assert [one.execution_id for one in answer.executions] == [
        "run of bad(load_file('abc123xyz789'))",
        "run of good",
    ]
    assert answer.usage == Usage(11 + 2 * 13, 7 + 2 * 5)
    assert endpoint.requests[1].tool_results[0]["stderr"] == "NameError: name 'bad' is not defined"
    assert [result["outcome"] for result in endpoint.requests[2].tool_results] == ["failed", "succeeded"]


@pytest.mark.parametrize(
    "fault",
    [
        error(401, "wrong"),
        error(400, "odd"),
        says("Well", finish_reason=None, ending="cut"),
        says("Well", finish_reason=None, ending="end"),
        Events(["garbage"]),
        Events([json.dumps({"error": {"message": "boom"}})]),
    ],
)
def test_a_fault_in_the_middle_of_a_turn_keeps_what_ran(fault: Step) -> None:
    """Whatever the provider does after a run, the run stays in the answer and the fault is told."""
    answer = answer_to([runs("good"), fault])
    assert answer.stopped_because is StopReason.FAILED
    assert [one.execution_id for one in answer.executions] == ["run of good"]
    assert answer.error is not None
    assert "127.0.0.1" in str(answer.error) or "before it was complete" in str(answer.error)


def test_arguments_cut_off_by_the_length_limit_are_asked_for_again() -> None:
    """A call that stops in the middle runs nothing; the model may try again."""
    cut = Events([*runs("print(1)").data[:4], chunk({}, "length")])
    answer = answer_to([cut, says("Sorry.")])
    assert answer.executions == ()
    assert answer.text == "Sorry."
