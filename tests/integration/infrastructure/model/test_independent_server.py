"""The Chat Completions adapter against a server that somebody else wrote, over a real socket."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from application.model import (
    BrokenReplyError,
    Ending,
    Message,
    ModelAccessError,
    ModelBusyError,
    ModelError,
    ModelUnreachableError,
    Piece,
    Reply,
    TextDelta,
    Usage,
    UserMessage,
)
from application.prompts import EXECUTE_PYTHON_CODE
from infrastructure.model.openai_chat import OpenAIChatModel
from tests.support.model_server import KEY, ModelServer, run_of

QUESTION: Sequence[Message] = (UserMessage("What is 6 times 7?"),)
ANY = {"userMessage": "6 times 7"}
FIRST, SECOND = ({**ANY, "sequenceIndex": number} for number in (0, 1))


@pytest.fixture(scope="module")
def running() -> Iterator[ModelServer]:
    """Serve for all tests of this module."""
    with ModelServer() as server:
        yield server


@pytest.fixture
def server(running: ModelServer) -> ModelServer:
    """Return the server without any reply."""
    running.reset()
    return running


def pieces_of(
    server: ModelServer,
    *,
    question: Sequence[Message] = QUESTION,
    key: str = KEY,
    silence_timeout_s: float = 5.0,
    max_retries: int = 0,
) -> tuple[list[Piece], ModelError | None]:
    """Return everything that one reply yields, and the error that ended it."""
    pieces: list[Piece] = []
    model = OpenAIChatModel(
        key, server.base_url, "gpt-4o", silence_timeout_s=silence_timeout_s, max_retries=max_retries
    )
    with closing(model):
        try:
            pieces.extend(model.stream(question, [EXECUTE_PYTHON_CODE]))
        except ModelError as failure:
            return pieces, failure
    return pieces, None


def test_text_streams_with_its_cost(server: ModelServer) -> None:
    """Deltas as the server cuts them, and its own count of tokens."""
    usage = {"prompt_tokens": 31, "completion_tokens": 4, "total_tokens": 35}
    server.reply(ANY, content="It is 42.", usage=usage, options={"chunkSize": 3})

    pieces, failure = pieces_of(server)

    assert failure is None
    assert pieces == [
        TextDelta("It "),
        TextDelta("is "),
        TextDelta("42."),
        Reply("It is 42.", usage=Usage(31, 4)),
    ]
    assert server.requests[0]["stream_options"] == {"include_usage": True}


def test_calls_of_tools_stream_in_fragments(server: ModelServer) -> None:
    """Words first, then two calls whose arguments come in pieces of four characters."""
    calls = [run_of("print('one')"), run_of("print('zwei: é')")]
    server.reply(ANY, content="Let me see.", toolCalls=calls, options={"chunkSize": 4})

    pieces, _ = pieces_of(server)

    reply = pieces[-1]
    assert isinstance(reply, Reply)
    assert reply.text == "Let me see."
    codes = [json.loads(call.arguments)["code"] for call in reply.tool_calls]
    assert codes == ["print('one')", "print('zwei: é')"]
    assert len({call.call_id for call in reply.tool_calls}) == 2


def test_malformed_arguments_arrive_as_they_are() -> None:
    """What to do about them is for the conversation to decide."""
    with ModelServer() as server:
        pieces, _ = pieces_of(server, question=[UserMessage("malformed arguments")])

    assert isinstance(pieces[-1], Reply)
    assert pieces[-1].tool_calls[0].arguments == '{"code": "pri'


def test_the_ending_is_told(server: ModelServer) -> None:
    """A reply that the server's limit cut off says so."""
    server.reply(ANY, content="It is", finishReason="length")

    pieces, _ = pieces_of(server)

    assert isinstance(pieces[-1], Reply)
    assert pieces[-1].ending is Ending.LENGTH_LIMIT


def test_a_wrong_key_is_refused(server: ModelServer) -> None:
    """The server checks it as OpenAI does, and the key is not repeated."""
    server.reply(ANY, content="never")

    pieces, failure = pieces_of(server, key="sk-wrong")

    assert pieces == []
    assert isinstance(failure, ModelAccessError)
    assert "sk-wrong" not in str(failure)


def test_a_busy_server_is_asked_again_when_it_says(server: ModelServer) -> None:
    """`Retry-After` is waited for, and nobody notices."""
    busy = {"message": "Rate limit reached", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
    server.reply(FIRST, error=busy, status=429, retryAfter=1)
    server.reply(SECOND, content="It is 42.")
    started = time.monotonic()

    pieces, failure = pieces_of(server, max_retries=2)

    assert failure is None
    assert isinstance(pieces[-1], Reply)
    assert time.monotonic() - started >= 1
    assert len(server.requests) == 2


def test_a_long_wait_is_told_instead(server: ModelServer) -> None:
    """A minute is nothing that people wait for without a word."""
    busy = {"message": "Rate limit reached", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
    server.reply(ANY, error=busy, status=429, retryAfter=60)
    started = time.monotonic()

    _, failure = pieces_of(server, max_retries=2)

    assert isinstance(failure, ModelBusyError)
    assert time.monotonic() - started < 5


def test_a_server_error_is_told_when_it_lasts(server: ModelServer) -> None:
    """With the server's own words."""
    server.reply(ANY, error={"message": "The engine is on fire", "type": "server_error"}, status=500)

    _, failure = pieces_of(server)

    assert isinstance(failure, ModelUnreachableError)
    assert "The engine is on fire" in str(failure)


def test_a_server_error_that_passes_goes_unnoticed(server: ModelServer) -> None:
    """It is asked again."""
    server.reply(FIRST, error={"message": "oops", "type": "server_error"}, status=500)
    server.reply(SECOND, content="It is 42.")

    pieces, failure = pieces_of(server, max_retries=2)

    assert failure is None
    assert isinstance(pieces[-1], Reply)


def test_a_server_that_says_nothing_is_given_up(server: ModelServer) -> None:
    """The first word takes longer than anybody waits."""
    server.reply(ANY, content="It is 42.", options={"streamingProfile": {"ttft": 20_000}})

    pieces, failure = pieces_of(server, silence_timeout_s=0.5)

    assert pieces == []
    assert isinstance(failure, ModelUnreachableError)


def test_a_stream_that_stalls_is_given_up(server: ModelServer) -> None:
    """What was said until then stands."""
    slow = {"chunkSize": 3, "streamingProfile": {"ttft": 10, "tps": 0.1}}
    server.reply(ANY, content="It is 42.", options=slow)

    pieces, failure = pieces_of(server, silence_timeout_s=0.8)

    assert isinstance(failure, ModelUnreachableError)
    assert all(isinstance(piece, TextDelta) for piece in pieces)


def test_a_cut_connection_is_a_failure(server: ModelServer) -> None:
    """A connection that ends in mid-reply is not taken for the end of the reply."""
    cut = {"chunkSize": 3, "streamingProfile": {"ttft": 10, "tps": 20}, "truncateAfterChunks": 4}
    server.reply(ANY, content="It is 42, as everybody knows.", options=cut)

    pieces, failure = pieces_of(server)

    assert isinstance(failure, ModelUnreachableError)
    assert pieces
    assert all(isinstance(piece, TextDelta) for piece in pieces)


def test_garbage_is_a_failure(server: ModelServer) -> None:
    """A body that is neither stream nor JSON is told as what it is."""
    server.reply(ANY, content="x", options={"chaos": {"malformedRate": 1}})

    _, failure = pieces_of(server)

    assert isinstance(failure, BrokenReplyError)


def test_the_check_finds_the_model(server: ModelServer) -> None:
    """The list of models is read as it is served."""
    with closing(OpenAIChatModel(KEY, server.base_url, "gpt-4o")) as model:
        assert model.check().ok
    with closing(OpenAIChatModel(KEY, server.base_url, "gpt-none")) as model:
        assert "gpt-4o" in model.check().remedy
