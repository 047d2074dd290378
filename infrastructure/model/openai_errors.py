"""Map what can go wrong at a provider to the errors of the port, by one table.

Sources: the error codes of OpenAI's API reference, and the wordings that llama.cpp,
vLLM and Ollama use where they have no code for it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import openai

from application.model import (
    BrokenReplyError,
    ContextTooLongError,
    ModelAccessError,
    ModelBusyError,
    ModelError,
    ModelQuotaError,
    ModelRequestError,
    ModelUnreachableError,
    UnknownModelError,
)

PROVIDER_FAULTS = (openai.OpenAIError, httpx2.InvalidURL, ValueError, RecursionError)
"""What the client library lets out, and what the check of what it parsed finds.

Bytes that are no UTF-8, text that is no JSON and JSON of another shape are all
`ValueError`s; JSON nested without end is a `RecursionError`.
"""

MAX_DETAIL_CHARACTERS = 200
MAX_WORDS_CHARACTERS = 2000
MIN_SECRET_CHARACTERS = 8
"""A shorter key is a placeholder, and taking it out would only spoil the words around it."""


@dataclass(frozen=True)
class Fault:
    """What is known of a failure. `status` is that of HTTP; None when no answer was had."""

    error: Exception
    status: int | None
    words: str


@dataclass(frozen=True)
class Rule:
    """A row: which faults, which error, and the words for them.

    `text` may name {at} (the server), {model} and {detail} (the provider's words).
    """

    fits: Callable[[Fault], bool]
    kind: type[ModelError]
    text: str


def _says(pattern: str) -> Callable[[Fault], bool]:
    """Match the provider's code, type or words; a status of its own must go with them."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return lambda fault: wanted.search(fault.words) is not None


def _status(*statuses: int) -> Callable[[Fault], bool]:
    return lambda fault: fault.status in statuses


def _is(*kinds: type[Exception]) -> Callable[[Fault], bool]:
    return lambda fault: isinstance(fault.error, kinds)


_CONTEXT_WORDS = (
    r"context_length_exceeded|exceed_context_size|maximum context length|context (size|window|length)"
    r"|prompt is too long|too many tokens in the (prompt|request)"
)

RULES = (
    Rule(
        _status(401),
        ModelAccessError,
        "{at} does not accept the API key (401). Set OPENAI_API_KEY to a valid key of that provider.",
    ),
    Rule(
        _says(r"insufficient_quota|exceeded your current quota|billing_hard_limit|insufficient.balance"),
        ModelQuotaError,
        "The account at {at} has no credit left. Add credit there, or set another OPENAI_API_KEY.",
    ),
    Rule(
        _says(_CONTEXT_WORDS),
        ContextTooLongError,
        "The question with its conversation and results is longer than {model} can read. "
        "Ask about less at once, print less, or choose a model with a longer context (OPENAI_MODEL).",
    ),
    Rule(
        _status(413),
        ContextTooLongError,
        "The question with its conversation is longer than {at} takes (413). Ask about less at once.",
    ),
    Rule(
        _says(r"does not support (tools|tool|function)|tool_choice.*enable-auto-tool|--jinja"),
        ModelRequestError,
        "The model {model} at {at} cannot call tools, so it cannot run code ({detail}). "
        "Set OPENAI_MODEL to one that can, or enable tool calls on the server.",
    ),
    Rule(
        _says(r"model_not_found|model .*(not found|does not exist)|no such model|unknown model"),
        UnknownModelError,
        "{at} serves no model named {model}. Set OPENAI_MODEL to one that it serves.",
    ),
    Rule(
        _status(403),
        ModelAccessError,
        "{at} does not allow this to the API key (403: {detail}). Use a key with access to {model}, "
        "or another OPENAI_MODEL.",
    ),
    Rule(
        _status(404),
        UnknownModelError,
        "{at} knows no model named {model}, or not this address (404). Set OPENAI_MODEL to a model that "
        "it serves; OPENAI_BASE_URL usually ends in /v1.",
    ),
    Rule(
        lambda fault: _status(429)(fault) or _says("rate_limit")(fault),
        ModelBusyError,
        "{at} takes no more requests just now (429: {detail}). Wait a minute and ask again.",
    ),
    Rule(
        _status(*range(500, 600)),
        ModelUnreachableError,
        "{at} has a fault of its own ({status}: {detail}). Ask again later; nothing on this side is wrong.",
    ),
    Rule(
        _status(408),
        ModelUnreachableError,
        "{at} gave up waiting (408). Ask again.",
    ),
    Rule(
        _is(openai.APITimeoutError),
        ModelUnreachableError,
        "{at} went silent: nothing came in time. Ask again; when it lasts, check the server, or choose "
        "a faster model (OPENAI_MODEL).",
    ),
    Rule(
        _is(openai.APIConnectionError),
        ModelUnreachableError,
        "{at} cannot be reached, or hung up ({detail}). Check the network and OPENAI_BASE_URL, and that "
        "the server runs; then ask again.",
    ),
    Rule(
        _is(ValueError, RecursionError),
        BrokenReplyError,
        "{at} sent something that is no reply of a model. Ask again; when it lasts, OPENAI_BASE_URL names "
        "a server that is not OpenAI-compatible.",
    ),
    Rule(
        lambda fault: fault.status is None,
        BrokenReplyError,
        "{at} broke off its reply ({detail}). What was said and run so far is kept; ask again.",
    ),
    Rule(
        lambda _: True,
        ModelRequestError,
        "{at} refused the request ({status}: {detail}). Check OPENAI_MODEL and OPENAI_BASE_URL.",
    ),
)


def model_error(error: Exception, *, base_url: str, model: str, secret: str) -> ModelError:
    """Return the error of the port for a failure of the provider.

    The provider's own words are quoted on one line, shortened, and without `secret`.
    """
    fault = Fault(error, _status_of(error), _words_of(error))
    rule = next(rule for rule in RULES if rule.fits(fault))
    detail = _detail_of(error)
    if len(secret) >= MIN_SECRET_CHARACTERS:
        detail = detail.replace(secret, "[key]")
    at = urlsplit(base_url).netloc.rpartition("@")[2]
    return rule.kind(
        rule.text.format(at=at, model=repr(model), detail=_one_line(detail), status=fault.status)
    )


def _status_of(error: Exception) -> int | None:
    """Return the status of HTTP, also where a server puts it into the stream as a code."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code
    code = getattr(error, "code", None) or ""
    return int(code) if re.fullmatch(r"[45]\d\d", code) else None


def _words_of(error: Exception) -> str:
    """Return everything by which a server may say what it means; nothing for what is not its saying."""
    if not isinstance(error, openai.APIError) or isinstance(error, openai.APIConnectionError):
        return ""
    said = " ".join(str(part) for part in (error.code, error.type, error.message) if part)
    return said[:MAX_WORDS_CHARACTERS]


def _detail_of(error: Exception) -> str:
    """Return the words to quote."""
    if isinstance(error, openai.APIConnectionError):
        return str(error.__cause__ or error.message)
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    return body if isinstance(body, str) and body else str(error)


def _one_line(text: str) -> str:
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= MAX_DETAIL_CHARACTERS else f"{line[: MAX_DETAIL_CHARACTERS - 1]}…"
