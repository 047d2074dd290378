"""A turn of a conversation: what was said and run in it, and how it ended."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from application.ledgers import By
from application.model import (
    AssistantMessage,
    Message,
    Reply,
    SystemMessage,
    ToolMessage,
    Usage,
    UserMessage,
)
from application.prompts import estimated_usage, text_length
from application.run_code import Execution, RunObserver, Unobserved
from domain.errors import FileLedgerError

MAX_ROUNDS = 8
"""Replies of the model in one turn."""


class StopReason(StrEnum):
    """Why a turn ended."""

    ANSWERED = "answered"
    EMPTY = "empty"
    ROUND_LIMIT = "round_limit"
    LENGTH_LIMIT = "length_limit"
    FILTERED = "filtered"
    CANCELLED = "cancelled"
    FAILED = "failed"


CLOSING_WORDS = {
    StopReason.EMPTY: "The model sent an empty answer. Ask again, or choose another model (OPENAI_MODEL).",
    StopReason.ROUND_LIMIT: (
        f"Stopped after {MAX_ROUNDS} rounds without a final answer. What ran so far is kept; "
        "ask again to go on."
    ),
    StopReason.LENGTH_LIMIT: "The answer was cut off at the model's length limit. Ask it to go on.",
    StopReason.FILTERED: "The model's provider held this answer back (content filter). Ask in other words.",
    StopReason.CANCELLED: "Cancelled. What ran so far is kept.",
}


@dataclass(frozen=True)
class Answer:
    """What came of a turn.

    `text` is all that the model said, with a closing sentence (`CLOSING_WORDS`) when
    something cut the turn off, which observers are not shown; `executions` is what it
    ran, in order. `error` is there when the turn failed, and says what happened and
    what to do; the rest is what was reached before it. `messages` is the turn as the
    next one shall remember it.
    """

    text: str
    executions: tuple[Execution, ...]
    usage: Usage
    stopped_because: StopReason
    messages: tuple[Message, ...]
    error: FileLedgerError | None = None


class TurnObserver(RunObserver, Protocol):
    """Somebody who watches a turn; `cancelled_by` stops the turn, not only a run in it."""

    def show_text(self, text: str) -> None:
        """Take a piece of the answer as it appears."""

    def show_code(self, code: str) -> None:
        """Take the code that begins to run."""

    def show_execution(self, execution: Execution) -> None:
        """Take a finished run with its files."""


class UnobservedTurn(Unobserved):
    """An observer for turns that nobody watches."""

    def show_text(self, text: str) -> None:
        """Ignore text: the answer carries it."""

    def show_code(self, code: str) -> None:
        """Ignore code."""

    def show_execution(self, execution: Execution) -> None:
        """Ignore runs: the answer carries them."""


@dataclass
class Turn:
    """A turn under way. `history` is what was said before it, `messages` what is said in it."""

    user_id: str
    question: str
    history: list[Message]
    by: By
    observer: TurnObserver
    rules: str = ""
    files: str = ""
    text: str = ""
    executions: list[Execution] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    messages: list[Message] = field(init=False)
    _unfinished: str = ""
    _asked: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the question."""
        self.messages = [UserMessage(self.question)]

    def begin_reply(self) -> list[Message]:
        """Return the prompt of the next reply, and remember that it was sent."""
        self._asked = self.prompt()
        return self._asked

    def prompt(self) -> list[Message]:
        """Return all that the model shall read.

        The list of files goes with the newest question only: an older one would be stale.
        """
        question = UserMessage(f"{self.files}\n\n{self.question}")
        return [SystemMessage(self.rules), *self.history, question, *self.messages[1:]]

    def say(self, text: str) -> None:
        """Add to the reply under way and show it; a new reply begins a new paragraph."""
        if not text:
            return
        shown = text if self._unfinished or not self.text else f"\n\n{text}"
        self._unfinished += text
        self.text += shown
        self.observer.show_text(shown)

    def take(self, reply: Reply) -> None:
        """Remember a finished reply."""
        self.messages.append(AssistantMessage(reply.text, reply.tool_calls))
        length = text_length(self.messages[-1])
        self.usage += reply.usage or estimated_usage(self._asked, length)
        self._unfinished, self._asked = "", []

    def end(self, reason: StopReason, error: FileLedgerError | None = None) -> Answer:
        """Close the turn and return what came of it."""
        unfinished, self._unfinished = self._unfinished, ""
        if self._asked and (unfinished or reason is StopReason.CANCELLED):
            # It is paid for all the same, and no way round the day's limit.
            self.usage += estimated_usage(self._asked, len(unfinished))
        closing_words = CLOSING_WORDS.get(reason, "")
        self.text = "\n\n".join(filter(None, (self.text, closing_words)))
        self._answer_open_calls()
        self._answer_question(unfinished, closing_words or f"[The turn was cut off: {reason}.]")
        return Answer(self.text, tuple(self.executions), self.usage, reason, tuple(self.messages), error)

    def _answer_open_calls(self) -> None:
        """Give every call a result: providers refuse a conversation in which one has none."""
        results = 0
        while isinstance(self.messages[-1 - results], ToolMessage):
            results += 1
        caller = self.messages[-1 - results]
        if isinstance(caller, AssistantMessage):
            self.messages += [
                ToolMessage(call.call_id, "Not run: the turn ended.") for call in caller.tool_calls[results:]
            ]

    def _answer_question(self, unfinished: str, closing_words: str) -> None:
        """Let the model have the last word: some providers refuse two questions in a row."""
        last = self.messages[-1]
        if isinstance(last, AssistantMessage):
            if last.text:
                return
            self.messages.pop()
        self.messages.append(AssistantMessage("\n\n".join(filter(None, (unfinished, closing_words)))))
