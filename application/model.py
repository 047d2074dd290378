"""The language model as the use cases see it: provider-neutral messages, tools and replies.

An adapter translates these values to one provider's wire format and maps every
failure of that provider to a `ModelError`.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from application.ports.sandbox import Check
from domain.errors import EnvironmentFaultError

# -- what is said ----------------------------------------------------------------


@dataclass(frozen=True)
class SystemMessage:
    """The rules that the operator sets."""

    text: str


@dataclass(frozen=True)
class UserMessage:
    """What the person says."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """The model's wish to use a tool.

    `arguments` is JSON text exactly as the model wrote it: it may be malformed.
    """

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class AssistantMessage:
    """What the model said, and the tools that it wished to use after saying it."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True)
class ToolMessage:
    """What came of the tool call `call_id`."""

    call_id: str
    text: str


Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage


@dataclass(frozen=True)
class Tool:
    """A tool that the model may call; `parameters` is a strict JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


# -- what comes back -------------------------------------------------------------


class Ending(StrEnum):
    """How a reply ended."""

    COMPLETE = "complete"
    LENGTH_LIMIT = "length_limit"
    FILTERED = "filtered"


@dataclass(frozen=True)
class Usage:
    """Tokens that replies cost; zero where the provider did not tell.

    `is_estimated`: some of them were counted by their characters, for want of better.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    is_estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        """Return both together."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.is_estimated or other.is_estimated,
        )

    def __bool__(self) -> bool:
        """Tell whether anything was told."""
        return bool(self.input_tokens or self.output_tokens)


@dataclass(frozen=True)
class TextDelta:
    """A piece of the reply's text as it appears."""

    text: str


@dataclass(frozen=True)
class Reply:
    """A finished reply; `text` is that of all its deltas."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    ending: Ending = Ending.COMPLETE
    usage: Usage = Usage()


Piece = TextDelta | Reply


class LanguageModel(Protocol):
    """A model that converses and calls tools. Safe to use from several threads at once."""

    @property
    def name(self) -> str:
        """The model's name, as the ledger records it with the code it wrote."""

    def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Generator[Piece, None, None]:
        """Yield the reply's text as it appears and the finished `Reply` as the last piece.

        Closing the generator early ends the request.

        Raises:
            ModelError: no complete reply could be had; the text yielded so far stands.
        """

    def check(self) -> Check:
        """Tell whether the model can be reached, and the remedy when it cannot."""

    def close(self) -> None:
        """Release connections."""


# -- what goes wrong -------------------------------------------------------------


class ModelError(EnvironmentFaultError):
    """The model gave no complete reply; the message names the cause and the remedy."""


class NoModelError(ModelError):
    """No model is set up."""

    def __init__(self) -> None:
        super().__init__(
            "No model is set up, so there is nobody to answer. Set OPENAI_API_KEY (a key of the provider), "
            "or OPENAI_BASE_URL (an OpenAI-compatible server, which may need no key), in the environment or "
            "in .env. /run and the quick analyses (/stats, /head, /plot, /correlations) work without a model."
        )


class ModelAccessError(ModelError):
    """The provider refuses the key, or what the key may do."""


class UnknownModelError(ModelError):
    """The provider serves no model of that name at that address."""


class ModelBusyError(ModelError):
    """The provider has too many requests; a later attempt can succeed."""


class ModelQuotaError(ModelError):
    """The provider's account is used up."""


class ModelUnreachableError(ModelError):
    """The provider cannot be reached, is too slow, or has a fault of its own."""


class BrokenReplyError(ModelError):
    """The reply began and did not come to its end."""


class ContextTooLongError(ModelError):
    """The conversation is longer than the model can read."""


class ModelRequestError(ModelError):
    """The provider refuses this request for another reason."""
