"""Translate between the port's values and the wire format of Chat Completions.

What arrives is checked here: servers that call themselves compatible differ, and
the client library does not validate what it parses.
"""

import json
import re
from dataclasses import dataclass, field

from openai.types.chat import (
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageFunctionToolCallParam,
    ChatCompletionMessageParam,
)
from pydantic import BaseModel, ConfigDict

from application.model import (
    AssistantMessage,
    BrokenReplyError,
    Ending,
    Message,
    Reply,
    SystemMessage,
    Tool,
    ToolCall,
    ToolMessage,
    Usage,
)

MAX_REPLY_CHARACTERS = 200_000
"""Text and arguments of one reply; a small model can repeat itself without end."""

_ENDINGS = {"length": Ending.LENGTH_LIMIT, "content_filter": Ending.FILTERED}

# -- out -------------------------------------------------------------------------


def message_param(message: Message) -> ChatCompletionMessageParam:
    """Return `message` as the API wants it."""
    text = _encodable(message.text)
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": text}
    if isinstance(message, ToolMessage):
        return {"role": "tool", "tool_call_id": message.call_id, "content": text}
    if not isinstance(message, AssistantMessage):
        return {"role": "user", "content": text}
    if not message.tool_calls:
        return {"role": "assistant", "content": text}
    calls = [_call_param(call) for call in message.tool_calls]
    return {"role": "assistant", "content": text or None, "tool_calls": calls}


def tool_param(tool: Tool) -> ChatCompletionFunctionToolParam:
    """Return `tool` as the API wants it, its schema strict."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
            "strict": True,
        },
    }


def _call_param(call: ToolCall) -> ChatCompletionMessageFunctionToolCallParam:
    """Return a call as something that was said before.

    Servers refuse a conversation in which the model's own mistakes stand as it
    made them: a name with other characters, or arguments that are no JSON object.
    """
    return {
        "type": "function",
        "id": call.call_id,
        "function": {
            "name": re.sub(r"[^A-Za-z0-9_-]", "_", call.name)[:64] or "unnamed",
            "arguments": _object_text(call.arguments),
        },
    }


def _object_text(arguments: str) -> str:
    text = _encodable(arguments)
    try:
        fits = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        fits = False
    return text if fits else json.dumps({"malformed": text[:2000]})


def _encodable(text: str) -> str:
    """Return `text` without lone surrogates, which cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")


# -- in --------------------------------------------------------------------------


class _Wire(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class _Function(_Wire):
    name: str | None = None
    arguments: str | None = None


class _Fragment(_Wire):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(_Wire):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Fragment] | None = None


class _Choice(_Wire):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(_Wire):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Chunk(_Wire):
    """One event of a streamed reply, as far as it is used."""

    choices: list[_Choice] | None = None
    usage: _Usage | None = None


class _Listed(_Wire):
    id: str


class ModelList(_Wire):
    """The models that a server says it serves."""

    data: list[_Listed] | None = None


@dataclass
class _Call:
    call_id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class ReplyBuilder:
    """Puts a streamed reply together."""

    _text: list[str] = field(default_factory=list)
    _calls: list[_Call] = field(default_factory=list)
    _by_index: dict[int, _Call] = field(default_factory=dict)
    _finish_reason: str | None = None
    _usage: Usage = field(default_factory=Usage)
    _characters: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether the model said that its reply is over."""
        return self._finish_reason is not None

    def add(self, chunk: Chunk) -> str:
        """Take in one event and return the text that it brings."""
        if chunk.usage is not None:
            self._usage = Usage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        text = ""
        for choice in (chunk.choices or [])[:1]:
            self._finish_reason = choice.finish_reason or self._finish_reason
            delta = choice.delta or _Delta()
            text = delta.content or delta.refusal or ""
            for fragment in delta.tool_calls or []:
                self._add_fragment(fragment)
        self._text.append(text)
        self._count(len(text))
        return text

    def build(self) -> Reply:
        """Return the finished reply.

        Raises:
            BrokenReplyError: the model never said that the reply is over.
        """
        if self._finish_reason is None:
            msg = (
                "The model's reply ended before it was complete. What it said and ran so far is kept; "
                "ask again. When nothing ever comes, OPENAI_BASE_URL may not be the address of the API "
                "(it usually ends in /v1)."
            )
            raise BrokenReplyError(msg)
        calls = tuple(
            ToolCall(call.call_id or f"call_{number}", call.name, call.arguments)
            for number, call in enumerate(self._calls)
        )
        ending = _ENDINGS.get(self._finish_reason, Ending.COMPLETE)
        return Reply("".join(self._text), calls, ending, self._usage)

    def _add_fragment(self, fragment: _Fragment) -> None:
        call = self._call_of(fragment)
        function = fragment.function or _Function()
        call.call_id = call.call_id or fragment.id or ""
        call.name = call.name or function.name or ""
        call.arguments += function.arguments or ""
        self._count(len(function.arguments or ""))

    def _call_of(self, fragment: _Fragment) -> _Call:
        """Return the call that a fragment belongs to.

        By index, as the format says; but some servers number every call 0, or none
        at all, and tell calls apart by their ids.
        """
        index = len(self._calls) - 1 if fragment.index is None else fragment.index
        call = self._by_index.get(index)
        if call is None or (fragment.id and call.call_id and fragment.id != call.call_id):
            call = _Call()
            self._calls.append(call)
            self._by_index[len(self._calls) - 1 if fragment.index is None else index] = call
        return call

    def _count(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_REPLY_CHARACTERS:
            msg = (
                f"The model did not stop talking: its reply passed {MAX_REPLY_CHARACTERS} characters. "
                "Ask for less at once, or choose another model (OPENAI_MODEL)."
            )
            raise BrokenReplyError(msg)
