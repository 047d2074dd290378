"""One turn with the model: it answers, runs code, sees what came of it, and answers again."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from pydantic import JsonValue, ValidationError

from application.files import Listing
from application.ledgers import By
from application.listening import listen
from application.model import (
    BrokenReplyError,
    ContextTooLongError,
    Ending,
    LanguageModel,
    Message,
    Reply,
    ToolCall,
    ToolMessage,
)
from application.ports.clock import Clock
from application.prompts import (
    EXECUTE_PYTHON_CODE,
    CodeArguments,
    describe_execution,
    list_of_files,
    quoted,
    recent,
    system_prompt,
)
from application.run_code import Execution, RunObserver
from application.turn import MAX_ROUNDS, Answer, StopReason, Turn, TurnObserver, UnobservedTurn
from domain.errors import FileLedgerError, InvalidValueError, RefusedError, UsageError
from domain.files import LedgerFile, check_user_id
from domain.tables import Tables

MAX_CALLS_PER_REPLY = 8
"""Tool calls of one reply that are carried out."""

_REASONS = {
    Ending.COMPLETE: StopReason.ANSWERED,
    Ending.LENGTH_LIMIT: StopReason.LENGTH_LIMIT,
    Ending.FILTERED: StopReason.FILTERED,
}


class RunsCode(Protocol):
    """What a turn needs of `RunCode`."""

    def __call__(
        self, user_id: str, code: str, *, by: By | None, model: str | None, observer: RunObserver | None
    ) -> Execution:
        """Run `code` for the user."""


class Ask:
    """Answers a person with the help of the model, of their files and of code."""

    def __init__(
        self,
        model: LanguageModel,
        run_code: RunsCode,
        list_files: Callable[[str], Listing],
        known_tables: Callable[[str, Sequence[LedgerFile]], Mapping[str, Tables]],
        clock: Clock,
    ) -> None:
        self._model, self._run_code, self._clock = model, run_code, clock
        self._list_files, self._known_tables = list_files, known_tables

    @property
    def model_name(self) -> str:
        """The name of the model that answers."""
        return self._model.name

    def __call__(
        self,
        user_id: str,
        text: str,
        *,
        history: Sequence[Message] = (),
        by: By | None = None,
        observer: TurnObserver | None = None,
    ) -> Answer:
        """Carry out one turn. `history` is the `messages` of earlier answers, oldest first.

        A failure of the model or of the machine ends the turn and is the answer's
        `error`; everything done before it stays in the answer.

        Raises:
            InvalidValueError: the user id is none, or the text is empty.
        """
        check_user_id(user_id)
        if not text.strip():
            msg = "There is nothing to answer: the message is empty. Write what you want to know."
            raise InvalidValueError(msg)
        turn = Turn(user_id, text, recent(history), by or By.user(user_id), observer or UnobservedTurn())
        try:
            turn.rules = system_prompt(self._clock.now())
            files = self._list_files(user_id).files
            turn.files = list_of_files(files, self._known_tables(user_id, files))
            return turn.end(self._converse(turn))
        except FileLedgerError as error:
            return turn.end(StopReason.FAILED, error)

    def _converse(self, turn: Turn) -> StopReason:
        """Let the model speak and run code until it has answered; return why the turn is over."""
        for rounds_left in reversed(range(MAX_ROUNDS)):
            reply = self._reply(turn)
            if reply is not None and not reply.tool_calls:
                empty = reply.ending is Ending.COMPLETE and not turn.text
                return StopReason.EMPTY if empty else _REASONS[reply.ending]
            if reply is None or not self._carry_out(turn, reply.tool_calls, rounds_left):
                return StopReason.CANCELLED
        return StopReason.ROUND_LIMIT

    def _reply(self, turn: Turn) -> Reply | None:
        """Return the model's next reply, None when the turn is cancelled.

        When all is too long for the model, the earlier conversation is forgotten
        rather than the question refused.
        """
        try:
            return self._stream(turn)
        except ContextTooLongError:
            if not turn.history:
                raise
            turn.history = []
            return self._stream(turn)

    def _stream(self, turn: Turn) -> Reply | None:
        stream = self._model.stream(turn.begin_reply(), [EXECUTE_PYTHON_CODE])
        with closing(listen(stream, turn.observer.cancelled_by)) as pieces:
            for piece in pieces:
                if isinstance(piece, Reply):
                    turn.take(piece)
                    return piece
                turn.say(piece.text)
        if turn.observer.cancelled_by():
            return None
        msg = "The model's reply broke off before it was complete. Ask again."
        raise BrokenReplyError(msg)

    def _carry_out(self, turn: Turn, calls: Sequence[ToolCall], rounds_left: int) -> bool:
        """Do what the model wishes, in order; False when the turn is cancelled."""
        for number, call in enumerate(calls, start=1):
            if turn.observer.cancelled_by():
                return False
            result = (
                self._call(turn, call) if number <= MAX_CALLS_PER_REPLY else _fault("too many calls at once")
            )
            turn.messages.append(ToolMessage(call.call_id, quoted({**result, "rounds_left": rounds_left})))
        return not turn.observer.cancelled_by()

    def _call(self, turn: Turn, call: ToolCall) -> dict[str, JsonValue]:
        if call.name != EXECUTE_PYTHON_CODE.name:
            return _fault(f"there is no tool {call.name[:80]!r}, only {EXECUTE_PYTHON_CODE.name}")
        try:
            code = CodeArguments.model_validate_json(call.arguments).code
        except ValidationError as error:
            return _fault(f'the arguments are not {{"code": "a script"}}: {_reasons(error)}')
        turn.observer.show_code(code)
        try:
            execution = self._run_code(
                turn.user_id, code, by=turn.by, model=self._model.name, observer=turn.observer
            )
        except (UsageError, RefusedError) as error:
            return _fault(str(error))
        turn.executions.append(execution)
        turn.observer.show_execution(execution)
        return describe_execution(execution)


def _fault(why: str) -> dict[str, JsonValue]:
    """Return the result of a call that ran nothing."""
    return {"outcome": "not run", "explanation": why}


def _reasons(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'JSON'}: {one['msg']}" for one in found[:3])
