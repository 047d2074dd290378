"""A turn with a model that says what a script tells it to."""

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.ask import MAX_CALLS_PER_REPLY, Ask
from application.files import Listing
from application.ledgers import By
from application.model import (
    AssistantMessage,
    ContextTooLongError,
    Ending,
    Message,
    ModelUnreachableError,
    NoModelError,
    Piece,
    Reply,
    SystemMessage,
    TextDelta,
    Tool,
    ToolCall,
    ToolMessage,
    Usage,
    UserMessage,
)
from application.ports.progress import Progress
from application.ports.sandbox import Check, OutputStream
from application.run_code import Execution, RunObserver
from application.turn import CLOSING_WORDS, MAX_ROUNDS, Answer, StopReason
from domain.errors import EnvironmentFaultError, FileLedgerError, InvalidValueError, NoSuchFileError
from domain.executions import Outcome
from domain.files import LedgerFile
from domain.tables import Tables

NOW = datetime(2025, 10, 2, 10, 30, tzinfo=UTC)
DOWN = ModelUnreachableError("the server cannot be reached; check it")


@dataclass(frozen=True)
class Broken:
    """A reply that fails after some text."""

    error: FileLedgerError
    text: str = ""


Step = Reply | Broken


@dataclass
class ScriptedModel:
    """A model in memory; `prompts` holds what it was given."""

    script: Sequence[Step]
    name: str = "scripted"
    prompts: list[list[Message]] = field(default_factory=list)
    closed_early: bool = False

    def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Generator[Piece, None, None]:
        """Yield the next step of the script, character by character."""
        assert [tool.name for tool in tools] == ["execute_python_code"]
        self.prompts.append(list(messages))
        step = self.script[len(self.prompts) - 1]
        try:
            for character in step.text:
                yield TextDelta(character)
        except GeneratorExit:
            self.closed_early = True
            raise
        if isinstance(step, Broken):
            raise step.error
        yield step

    def check(self) -> Check:
        """Work always."""
        return Check("model", ok=True, detail="scripted")

    def close(self) -> None:
        """Hold nothing."""

    def results(self) -> list[dict[str, Any]]:
        """Return the results of tools that the last prompt held."""
        return [json.loads(message.text) for message in self.prompts[-1] if isinstance(message, ToolMessage)]


class Runs:
    """Runs code in memory: each run ends as the script says, or succeeds."""

    def __init__(self, *script: Execution | FileLedgerError) -> None:
        self.script = list(script)
        self.codes: list[str] = []
        self.asked: list[tuple[str, By | None, str | None]] = []

    def __call__(
        self, user_id: str, code: str, *, by: By | None, model: str | None, observer: RunObserver | None
    ) -> Execution:
        """Take code and return the next execution."""
        self.codes.append(code)
        self.asked.append((user_id, by, model))
        ending = self.script.pop(0) if self.script else execution(f"run{len(self.codes)}")
        if isinstance(ending, FileLedgerError):
            raise ending
        if observer is not None:
            observer.show_output("stdout", ending.stdout)
        return ending


class Watcher:
    """Remembers all it is shown; cancels once `patience` questions about it are used up."""

    def __init__(self, patience: int = 1_000_000) -> None:
        self.patience = patience
        self.text = ""
        self.seen: list[tuple[str, str]] = []

    def show_text(self, text: str) -> None:
        """Take text."""
        self.text += text

    def show_code(self, code: str) -> None:
        """Take code."""
        self.seen.append(("code", code))

    def show_execution(self, execution: Execution) -> None:
        """Take a finished run."""
        self.seen.append(("execution", execution.execution_id))

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Take output."""
        self.seen.append((stream, text))

    def show_progress(self, progress: Progress) -> None:
        """Take progress."""

    def cancelled_by(self) -> str:
        """Tell whether the patience is over."""
        self.patience -= 1
        return "user:7" if self.patience < 0 else ""


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        """Return the same time always."""
        return NOW


def execution(
    execution_id: str,
    outcome: Outcome = Outcome.SUCCEEDED,
    stdout: str = "42\n",
    stderr: str = "",
    explanation: str = "",
) -> Execution:
    """Return a finished run."""
    exit_code = 0 if outcome is Outcome.SUCCEEDED else 1
    return Execution(execution_id, outcome, exit_code, stdout, stderr, 5, explanation, (), (), ())


def file(file_id: str = "abc123xyz789", filename: str = "data.csv") -> LedgerFile:
    """Return a live file."""
    return LedgerFile(
        file_id=file_id,
        filename=filename,
        extension=".csv",
        file_type="CSV",
        size_bytes=1200,
        sha256="0" * 64,
        uploaded_at=NOW,
        expires_at=None,
    )


def no_files(user_id: str) -> Listing:
    """List nothing."""
    return Listing(user_id, 0, 20, ())


def nothing_known(_user_id: str, _files: Sequence[LedgerFile]) -> dict[str, Tables]:
    """Know nothing of any table."""
    return {}


def call(code: str, call_id: str = "c1", name: str = "execute_python_code") -> ToolCall:
    """Return a call that runs `code`."""
    return ToolCall(call_id, name, json.dumps({"code": code}))


def calling(*calls: ToolCall, text: str = "") -> Reply:
    """Return a reply that calls tools."""
    return Reply(text, calls, usage=Usage(10, 2))


def saying(text: str) -> Reply:
    """Return a reply that answers."""
    return Reply(text, usage=Usage(10, 3))


def ask(
    script: Sequence[Step],
    runs: Runs | None = None,
    *,
    history: Sequence[Message] = (),
    watcher: Watcher | None = None,
    files: Callable[[], tuple[LedgerFile, ...]] = lambda: (file(),),
) -> tuple[Answer, ScriptedModel]:
    """Carry out one turn with a scripted model."""
    model = ScriptedModel(script)

    def listing(user_id: str) -> Listing:
        return Listing(user_id, 1, 20, files())

    use_case = Ask(model, runs or Runs(), listing, nothing_known, FixedClock())
    return use_case("ann", "What is in my file?", history=history, observer=watcher), model


class TestAnswers:
    """Turns that end with an answer."""

    def test_a_plain_answer_is_streamed_and_returned(self) -> None:
        """What the model says reaches the watcher piece by piece, and is the answer."""
        watcher = Watcher()
        answer, _ = ask([saying("A table.")], watcher=watcher)
        assert answer == Answer(
            text="A table.",
            executions=(),
            usage=Usage(10, 3),
            stopped_because=StopReason.ANSWERED,
            messages=(UserMessage("What is in my file?"), AssistantMessage("A table.")),
        )
        assert watcher.text == "A table."

    def test_the_model_gets_rules_time_files_and_question(self) -> None:
        """The rules come as the operator's words, the files with the question, the history between."""
        history: list[Message] = [UserMessage("Hi"), AssistantMessage("Hello")]
        _, model = ask([saying("A table.")], history=history)
        rules, *said, question = model.prompts[0]
        assert isinstance(rules, SystemMessage)
        assert "2025-10-02 10:30 UTC" in rules.text
        assert "abc123xyz789" not in rules.text
        assert said == history
        assert isinstance(question, UserMessage)
        assert '"id": "abc123xyz789"' in question.text
        assert question.text.endswith("\n\nWhat is in my file?")

    def test_code_runs_and_its_result_goes_back(self) -> None:
        """A run is made for the user, by the model, and told to it; the answer holds both."""
        runs = Runs(execution("run1", stdout="mean 3.5\n"))
        watcher = Watcher()
        answer, model = ask(
            [calling(call("df.mean()"), text="Let me see."), saying("3.5.")], runs, watcher=watcher
        )
        assert runs.codes == ["df.mean()"]
        assert runs.asked == [("ann", By.user("ann"), "scripted")]
        assert model.results() == [
            {
                "outcome": "succeeded",
                "exit_code": 0,
                "duration_ms": 5,
                "stdout": "mean 3.5\n",
                "rounds_left": 7,
            }
        ]
        assert answer.text == watcher.text == "Let me see.\n\n3.5."
        assert answer.usage == Usage(20, 5)
        assert [one.execution_id for one in answer.executions] == ["run1"]
        assert watcher.seen == [("code", "df.mean()"), ("stdout", "mean 3.5\n"), ("execution", "run1")]

    def test_several_calls_of_one_reply_run_in_order(self) -> None:
        """Each call gets its own result, in the order of the calls."""
        runs = Runs()
        _, model = ask([calling(call("1", "a"), call("2", "b")), saying("Done.")], runs)
        assert runs.codes == ["1", "2"]
        results = [message for message in model.prompts[1] if isinstance(message, ToolMessage)]
        assert [message.call_id for message in results] == ["a", "b"]

    def test_too_many_calls_of_one_reply_are_not_run(self) -> None:
        """A reply cannot start runs without end; the rest is told to be too many."""
        runs = Runs()
        wanted = [call(str(number), f"c{number}") for number in range(MAX_CALLS_PER_REPLY + 2)]
        _, model = ask([calling(*wanted), saying("Done.")], runs)
        assert len(runs.codes) == MAX_CALLS_PER_REPLY
        assert [result["outcome"] for result in model.results()[-2:]] == ["not run", "not run"]

    def test_the_turn_is_remembered_without_the_list_of_files(self) -> None:
        """The next turn gets what was said and run, and a list of files of its own."""
        first, _ = ask([calling(call("1")), saying("One.")])
        _, model = ask([saying("Two.")], history=first.messages, files=lambda: (file("new456new456"),))
        texts = [message.text for message in model.prompts[0]]
        assert "abc123xyz789" not in "".join(texts)
        assert "new456new456" in texts[-1]
        assert [type(message) for message in model.prompts[0]] == [
            SystemMessage,
            UserMessage,
            AssistantMessage,
            ToolMessage,
            AssistantMessage,
            UserMessage,
        ]


class TestRepair:
    """What goes wrong in a call is told to the model, which tries again."""

    def test_a_failed_run_is_told_with_its_error(self) -> None:
        """Outcome, error and explanation go back, and the repaired code runs."""
        failed = execution("run1", Outcome.FAILED, "", "KeyError: 'pric'", "")
        answer, model = ask([calling(call("bad")), calling(call("good")), saying("Fixed.")], Runs(failed))
        assert model.results()[0] == {
            "outcome": "failed",
            "exit_code": 1,
            "duration_ms": 5,
            "stderr": "KeyError: 'pric'",
            "rounds_left": 7,
        }
        assert [one.outcome for one in answer.executions] == [Outcome.FAILED, Outcome.SUCCEEDED]
        assert answer.stopped_because is StopReason.ANSWERED

    def test_a_run_that_was_cut_off_is_explained(self) -> None:
        """The model learns why a run ended that raised no error."""
        timed_out = execution("run1", Outcome.TIMED_OUT, "", "", "stopped after 60 s")
        _, model = ask([calling(call("while 1: pass")), saying("Too slow.")], Runs(timed_out))
        assert model.results()[0]["explanation"] == "stopped after 60 s"

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            ('{"code": "pri', "Invalid JSON"),
            ("", "Invalid JSON"),
            ('{"script": "1"}', "code: Field required"),
            ('{"code": 5}', "valid string"),
            ('{"code": "1", "timeout": 9}', "timeout: Extra"),
            ("[]", "object"),
        ],
    )
    def test_malformed_arguments_are_told(self, arguments: str, why: str) -> None:
        """Nothing runs, and the model learns what is wrong with its call."""
        runs = Runs()
        answer, model = ask(
            [calling(ToolCall("c1", "execute_python_code", arguments)), saying("Sorry.")], runs
        )
        assert runs.codes == []
        assert model.results()[0]["outcome"] == "not run"
        assert why in model.results()[0]["explanation"]
        assert answer.stopped_because is StopReason.ANSWERED

    def test_an_unknown_tool_is_told(self) -> None:
        """The model learns the name of the one tool there is."""
        runs = Runs()
        _, model = ask([calling(call("1", name="browse")), saying("Sorry.")], runs)
        assert runs.codes == []
        assert "execute_python_code" in model.results()[0]["explanation"]

    def test_a_refused_run_is_told(self) -> None:
        """What the ledger refuses is for the model to mend."""
        _, model = ask([calling(call("1")), saying("Sorry.")], Runs(NoSuchFileError("abc")))
        assert "no file 'abc'" in model.results()[0]["explanation"]


class TestEnds:
    """Turns that end otherwise."""

    def test_after_eight_rounds_it_stops_with_what_it_has(self) -> None:
        """A model that only runs code is stopped, says so, and keeps every run."""
        runs = Runs()
        answer, model = ask([calling(call("1"), text="More.")] * 20, runs)
        assert len(model.prompts) == MAX_ROUNDS
        assert len(answer.executions) == MAX_ROUNDS
        assert answer.stopped_because is StopReason.ROUND_LIMIT
        assert answer.text.startswith("More.\n\nMore.")
        assert "Stopped after 8 rounds" in answer.text
        assert [result["rounds_left"] for result in model.results()] == [7, 6, 5, 4, 3, 2, 1]

    @pytest.mark.parametrize("steps_before", [0, 2])
    def test_a_failing_model_loses_nothing(self, steps_before: int) -> None:
        """What ran and what was said before the failure stays; the error says what happened."""
        watcher = Watcher()
        script: list[Step] = [*[calling(call("1"))] * steps_before, Broken(DOWN, "So far")]
        answer, _ = ask(script, watcher=watcher)
        assert answer.stopped_because is StopReason.FAILED
        assert answer.error is DOWN
        assert len(answer.executions) == steps_before
        assert answer.text == watcher.text == "So far"
        assert answer.messages[0] == UserMessage("What is in my file?")
        assert answer.messages[-1] == AssistantMessage("So far\n\n[The turn was cut off: failed.]")

    def test_without_a_model_the_answer_says_how_to_get_one(self) -> None:
        """The turn fails at its first word, with the remedy."""
        answer, _ = ask([Broken(NoModelError())])
        assert isinstance(answer.error, NoModelError)
        assert "OPENAI_API_KEY" in str(answer.error)

    def test_a_fault_of_the_machine_ends_the_turn(self) -> None:
        """A full disk is nothing that a model can mend: the person gets cause and remedy."""
        full = EnvironmentFaultError("the disk is full; free some space")
        wanted = calling(call("1", "a"), call("2", "b"), call("3", "c"))
        answer, model = ask([wanted], Runs(execution("run1"), full))
        assert answer.error is full
        assert len(answer.executions) == 1
        assert len(model.prompts) == 1
        assert [message.call_id for message in answer.messages if isinstance(message, ToolMessage)] == [
            "a",
            "b",
            "c",
        ]

    def test_a_list_of_files_that_cannot_be_had_ends_the_turn(self) -> None:
        """Without the views there is no answer, and the error says why."""

        def no_files() -> tuple[LedgerFile, ...]:
            msg = "MongoDB is away; start it"
            raise EnvironmentFaultError(msg)

        answer, model = ask([saying("never")], files=no_files)
        assert str(answer.error) == "MongoDB is away; start it"
        assert model.prompts == []

    def test_a_model_that_never_finishes_its_reply_is_a_failure(self) -> None:
        """A stream without a finished reply is no answer, even when the adapter does not say so."""

        class Unfinished(ScriptedModel):
            def stream(
                self, messages: Sequence[Message], tools: Sequence[Tool]
            ) -> Generator[Piece, None, None]:
                yield from list(super().stream(messages, tools))[:-1]

        use_case = Ask(Unfinished([saying("Hm")]), Runs(), no_files, nothing_known, FixedClock())
        answer = use_case("ann", "Well?")
        assert answer.stopped_because is StopReason.FAILED
        assert answer.text == "Hm"

    @pytest.mark.parametrize(
        ("reply", "reason", "words"),
        [
            (
                Reply("Well", ending=Ending.LENGTH_LIMIT),
                StopReason.LENGTH_LIMIT,
                "Well\n\nThe answer was cut off",
            ),
            (Reply("", ending=Ending.LENGTH_LIMIT), StopReason.LENGTH_LIMIT, "The answer was cut off"),
            (Reply("", ending=Ending.FILTERED), StopReason.FILTERED, "content filter"),
            (Reply(""), StopReason.EMPTY, "empty answer"),
        ],
    )
    def test_an_answer_that_is_none_says_so(self, reply: Reply, reason: StopReason, words: str) -> None:
        """A cut, filtered or empty answer is never silence."""
        answer, _ = ask([reply])
        assert answer.stopped_because is reason
        assert words in answer.text

    def test_cancelling_hangs_up_in_mid_reply(self) -> None:
        """The stream is closed at the next piece, and what was said stays."""
        answer, model = ask([saying("A long story")], watcher=Watcher(patience=6))
        assert answer.stopped_because is StopReason.CANCELLED
        assert answer.text == "A long\n\nCancelled. What ran so far is kept."
        assert model.closed_early

    def test_cancelling_skips_the_runs_that_are_left(self) -> None:
        """Between two calls the wish to stop is heard."""
        runs = Runs()
        answer, _ = ask([calling(call("1", "a"), call("2", "b"))], runs, watcher=Watcher(patience=1))
        assert runs.codes == ["1"]
        assert answer.stopped_because is StopReason.CANCELLED

    def test_a_conversation_too_long_is_forgotten_rather_than_the_question(self) -> None:
        """The turn is tried again without what was said before."""
        history: list[Message] = [UserMessage("Hi"), AssistantMessage("Hello")]
        answer, model = ask([Broken(ContextTooLongError("too long")), saying("A table.")], history=history)
        assert answer.text == "A table."
        assert len(model.prompts[1]) == 2

    def test_a_question_too_long_fails(self) -> None:
        """With nothing left to forget, the error reaches the person."""
        answer, model = ask([Broken(ContextTooLongError("too long"))])
        assert isinstance(answer.error, ContextTooLongError)
        assert len(model.prompts) == 1

    @pytest.mark.parametrize(("user_id", "text"), [("ann", "  \n"), ("../ann", "Hi"), ("", "Hi")])
    def test_a_question_that_is_none_is_refused(self, user_id: str, text: str) -> None:
        """An empty question or a user that cannot be is wrong usage, and costs nothing."""
        model = ScriptedModel([])
        with pytest.raises(InvalidValueError):
            Ask(model, Runs(), no_files, nothing_known, FixedClock())(user_id, text)
        assert model.prompts == []


def scripts() -> st.SearchStrategy[list[Step]]:
    """Every sort of reply in every order, sound and broken calls among them."""
    words = st.text(max_size=4)
    calls = st.builds(
        ToolCall,
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["execute_python_code", "other"]),
        st.sampled_from(['{"code": "1"}', '{"code":', "null"]),
    )
    replies = st.builds(
        Reply, words, st.lists(calls, max_size=3).map(tuple), st.sampled_from(Ending), st.just(Usage(1, 1))
    )
    steps = st.one_of(replies, replies, replies, st.builds(Broken, st.just(DOWN), words))
    return st.lists(steps, min_size=MAX_ROUNDS, max_size=MAX_ROUNDS)


def endings() -> st.SearchStrategy[list[Execution | FileLedgerError]]:
    """Every sort of end of a run."""
    faults = st.sampled_from([NoSuchFileError("x"), EnvironmentFaultError("the disk is full")])
    return st.lists(
        st.one_of(st.builds(execution, st.just("run"), st.sampled_from(Outcome)), faults), max_size=6
    )


@given(scripts(), endings(), st.integers(0, 40))
def test_whatever_happens_the_turn_is_whole(
    script: list[Step], ends: list[Execution | FileLedgerError], patience: int
) -> None:
    """However a turn goes: it ends, shows what it returns, keeps every run, and can be remembered."""
    runs, watcher = Runs(*ends), Watcher(patience)
    answer, model = ask(script, runs, watcher=watcher)
    assert 1 <= len(model.prompts) <= MAX_ROUNDS
    closing = CLOSING_WORDS.get(answer.stopped_because, "")
    assert answer.text == "\n\n".join(filter(None, (watcher.text, closing)))
    assert len(answer.executions) == sum(kind == "execution" for kind, _ in watcher.seen)
    assert (answer.error is not None) == (answer.stopped_because is StopReason.FAILED)
    assert answer.text or answer.error
    assert_sound(answer.messages)
    again, model = ask([saying("Yes.")], history=answer.messages)
    assert again.text == "Yes."
    assert_sound(model.prompts[0][1:] + list(again.messages[1:]))


def assert_sound(messages: Sequence[Message]) -> None:
    """Check what providers ask of a conversation: question, calls with a result each, answer."""
    waiting: list[str] = []
    for before, message in zip([None, *messages], messages, strict=False):
        if isinstance(message, ToolMessage):
            assert message.call_id == waiting.pop(0)
            continue
        assert waiting == []
        if isinstance(message, AssistantMessage):
            assert message.text or message.tool_calls
            assert not isinstance(before, AssistantMessage)
            waiting = [call.call_id for call in message.tool_calls]
        else:
            assert isinstance(message, UserMessage)
            assert before is None or isinstance(before, AssistantMessage)
    assert waiting == []
    assert isinstance(messages[-1], AssistantMessage)
