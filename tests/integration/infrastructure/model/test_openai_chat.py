"""The Chat Completions adapter, through the real client, over a real socket."""

import json
import socket
import time
from collections.abc import Sequence
from contextlib import closing

import pytest

from application.model import (
    AssistantMessage,
    BrokenReplyError,
    ContextTooLongError,
    Ending,
    Message,
    ModelAccessError,
    ModelBusyError,
    ModelError,
    ModelQuotaError,
    ModelRequestError,
    ModelUnreachableError,
    Piece,
    Reply,
    SystemMessage,
    TextDelta,
    ToolCall,
    ToolMessage,
    UnknownModelError,
    Usage,
    UserMessage,
)
from application.prompts import EXECUTE_PYTHON_CODE
from infrastructure.model.openai_chat import OpenAIChatModel
from infrastructure.model.openai_wire import MAX_REPLY_CHARACTERS
from tests.support.model_endpoint import (
    Events,
    ModelEndpoint,
    Response,
    Script,
    calls,
    chunk,
    error,
    runs,
    says,
    usage_chunk,
)

KEY = "sk-test-0123456789abcdef"
QUESTION: Sequence[Message] = (UserMessage("What is 6 times 7?"),)


def model_at(base_url: str, *, silence_timeout_s: float = 5.0, max_retries: int = 2) -> OpenAIChatModel:
    """Return the adapter under test."""
    return OpenAIChatModel(
        KEY, base_url, "scripted", silence_timeout_s=silence_timeout_s, max_retries=max_retries
    )


def pieces_of(
    model: OpenAIChatModel, messages: Sequence[Message] = QUESTION
) -> tuple[list[Piece], ModelError | None]:
    """Return everything that one reply yields, and the error that ended it."""
    pieces: list[Piece] = []
    try:
        pieces.extend(model.stream(messages, [EXECUTE_PYTHON_CODE]))
    except ModelError as failure:
        return pieces, failure
    return pieces, None


def reply_to(script: Script, messages: Sequence[Message] = QUESTION) -> Reply:
    """Return the finished reply of a scripted endpoint."""
    with ModelEndpoint(script) as endpoint, closing(model_at(endpoint.base_url)) as model:
        pieces, failure = pieces_of(model, messages)
    assert failure is None
    assert isinstance(pieces[-1], Reply)
    return pieces[-1]


def fault_of(script: Script, *, silence_timeout_s: float = 5.0) -> tuple[list[Piece], ModelError]:
    """Return what was said, and the error that ended it, without the client's retries."""
    with ModelEndpoint(script) as endpoint:
        model = model_at(endpoint.base_url, silence_timeout_s=silence_timeout_s, max_retries=0)
        with closing(model):
            pieces, failure = pieces_of(model)
    assert failure is not None
    return pieces, failure


class TestReplies:
    """Complete replies."""

    def test_text_arrives_in_pieces_and_whole_at_the_end(self) -> None:
        """Deltas come one by one, and the finished reply holds them all with its cost."""
        with (
            ModelEndpoint([says("It is 42.", piece=3)]) as endpoint,
            closing(model_at(endpoint.base_url)) as model,
        ):
            pieces, _ = pieces_of(model)
        assert pieces == [
            TextDelta("It "),
            TextDelta("is "),
            TextDelta("42."),
            Reply("It is 42.", usage=Usage(11, 7)),
        ]

    def test_text_is_yielded_while_the_model_still_speaks(self) -> None:
        """The first delta is there before the endpoint has sent the last event."""
        slow = says("abcdefghij", piece=1, pause_s=0.05)
        with ModelEndpoint([slow]) as endpoint, closing(model_at(endpoint.base_url)) as model:
            stream = model.stream(QUESTION, [])
            started = time.monotonic()
            first = next(stream)
            first_after_s = time.monotonic() - started
            rest = list(stream)
            all_after_s = time.monotonic() - started
        assert first == TextDelta("a")
        assert isinstance(rest[-1], Reply)
        assert all_after_s - first_after_s > 0.3

    def test_tool_calls_are_put_together_from_fragments(self) -> None:
        """Two calls whose arguments come in fragments are two calls with whole arguments."""
        reply = reply_to([runs("print('one')", "print('zwei: é')", text="Let me see.")])
        assert reply.text == "Let me see."
        assert [call.call_id for call in reply.tool_calls] == ["call_0", "call_1"]
        assert [json.loads(call.arguments)["code"] for call in reply.tool_calls] == [
            "print('one')",
            "print('zwei: é')",
        ]

    def test_interleaved_fragments_reach_the_call_of_their_index(self) -> None:
        """Fragments of two calls in turns are kept apart by index."""

        def fragment(index: int, arguments: str, call_id: str | None = None) -> str:
            function = {"name": "execute_python_code" if call_id else None, "arguments": arguments}
            return chunk({"tool_calls": [{"index": index, "id": call_id, "function": function}]})

        data = [fragment(0, "a", "x"), fragment(1, "1", "y"), fragment(0, "b"), fragment(1, "2")]
        reply = reply_to([Events([*data, chunk({}, "tool_calls")])])
        assert [(call.call_id, call.arguments) for call in reply.tool_calls] == [("x", "ab"), ("y", "12")]

    @pytest.mark.parametrize("indexes", [(0, 0), (None, None)])
    def test_calls_without_usable_indexes_are_told_apart_by_their_ids(
        self, indexes: tuple[int | None, ...]
    ) -> None:
        """Servers that number every call 0, or none, still mean two calls."""
        data = [
            chunk(
                {"tool_calls": [{"index": index, "id": name, "function": {"name": name, "arguments": "{}"}}]}
            )
            for index, name in zip(indexes, ("first", "second"), strict=True)
        ]
        reply = reply_to([Events([*data, chunk({}, "stop")])])
        assert [call.name for call in reply.tool_calls] == ["first", "second"]

    def test_calls_without_an_id_get_one(self) -> None:
        """A call that comes without an id can still be answered by id."""
        data = [chunk({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]})]
        reply = reply_to([Events([*data, chunk({}, "tool_calls")])])
        assert reply.tool_calls == (ToolCall("call_0", "f", "{}"),)

    def test_a_reply_without_usage_costs_nothing_known(self) -> None:
        """Endpoints that send no usage do no harm."""
        assert reply_to([Events([chunk({"content": "Hi"}), chunk({}, "stop")])]) == Reply("Hi")

    @pytest.mark.parametrize(
        ("finish_reason", "ending"),
        [("length", Ending.LENGTH_LIMIT), ("content_filter", Ending.FILTERED), ("eos", Ending.COMPLETE)],
    )
    def test_the_ending_of_a_reply_is_told(self, finish_reason: str, ending: Ending) -> None:
        """A reply cut off by a limit or a filter says so; an unknown reason counts as complete."""
        assert reply_to([says("Well", finish_reason=finish_reason)]).ending is ending

    def test_a_refusal_is_text(self) -> None:
        """What the model says instead of an answer reaches the person."""
        assert reply_to([Events([chunk({"refusal": "I cannot."}), chunk({}, "stop")])]).text == "I cannot."

    @pytest.mark.parametrize("ending", ["end", "cut"])
    def test_a_complete_reply_stands_although_the_server_hangs_up(self, ending: str) -> None:
        """Once the model has said that its reply is over, a missing [DONE] or a reset does no harm."""
        assert reply_to([Events(says("It is 42.").data, ending)]).text == "It is 42."  # type: ignore[arg-type]

    def test_events_of_other_kinds_are_passed_over(self) -> None:
        """Empty objects, missing choices and unknown fields in between do no harm."""
        noise = ["{}", '{"choices": null}', '{"choices": [{"delta": null, "extra": 1}]}', usage_chunk(1, 1)]
        assert reply_to([Events([*noise, *says("Hi").data])]).text == "Hi"


class TestRequests:
    """What is sent."""

    def test_the_conversation_is_sent_in_the_format_of_the_api(self) -> None:
        """Every kind of message, the tool with its strict schema, and the wish for usage arrive."""
        conversation: list[Message] = [
            SystemMessage("Rules"),
            UserMessage("Go"),
            AssistantMessage("", (ToolCall("c1", "execute_python_code", '{"code": "1"}'),)),
            ToolMessage("c1", "one"),
            AssistantMessage("It is one."),
            UserMessage("Thanks"),
        ]
        with ModelEndpoint([says("Bye")]) as endpoint, closing(model_at(endpoint.base_url)) as model:
            pieces_of(model, conversation)
            sent = endpoint.requests[0]
        assert sent.body["model"] == "scripted"
        assert sent.body["stream_options"] == {"include_usage": True}
        assert sent.headers["authorization"] == f"Bearer {KEY}"
        function = {"name": "execute_python_code", "arguments": '{"code": "1"}'}
        assert sent.messages == [
            {"role": "system", "content": "Rules"},
            {"role": "user", "content": "Go"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "one"},
            {"role": "assistant", "content": "It is one."},
            {"role": "user", "content": "Thanks"},
        ]
        (tool,) = sent.body["tools"]
        assert tool["function"]["strict"] is True
        assert tool["function"]["parameters"]["required"] == ["code"]
        assert tool["function"]["parameters"]["additionalProperties"] is False

    @pytest.mark.parametrize("arguments", ['{"code": "pri', '"print(1)"', "", "[" * 100_000])
    def test_malformed_calls_are_sent_back_well_formed(self, arguments: str) -> None:
        """Servers parse old calls too, so a model's mistake must not make them refuse the repair."""
        mistake = AssistantMessage("", (ToolCall("c1", "python code!", arguments),))
        with ModelEndpoint([says("Bye")]) as endpoint, closing(model_at(endpoint.base_url)) as model:
            pieces_of(model, [UserMessage("Go"), mistake, ToolMessage("c1", "wrong")])
            function = endpoint.requests[0].messages[1]["tool_calls"][0]["function"]
        assert function["name"] == "python_code_"
        assert json.loads(function["arguments"]) == {"malformed": arguments[:2000]}

    def test_lone_surrogates_can_be_sent(self) -> None:
        """Text that is no valid Unicode does not end the turn."""
        with ModelEndpoint([says("Bye")]) as endpoint, closing(model_at(endpoint.base_url)) as model:
            _, failure = pieces_of(model, [UserMessage("a\ud800b")])
            assert failure is None
            assert endpoint.requests[0].messages[0]["content"] == "a?b"

    def test_closing_the_stream_early_hangs_up(self) -> None:
        """A cancelled reply does not wait for its end."""
        held = says("abcdef", ending="silent")
        with ModelEndpoint([held]) as endpoint, closing(model_at(endpoint.base_url)) as model:
            stream = model.stream(QUESTION, [])
            next(stream)
            started = time.monotonic()
            stream.close()
            assert time.monotonic() - started < 3

    @pytest.mark.parametrize(
        ("refused", "field", "value"),
        [
            ("Unknown parameter: 'stream_options'.", "stream_options", None),
            ("Function tools with reasoning_effort are not supported", "reasoning_effort", "none"),
        ],
    )
    def test_a_refused_field_is_given_up_for_good(self, refused: str, field: str, value: str | None) -> None:
        """A server that refuses an optional field is asked again without it, and never with it again."""
        script: Script = [error(400, refused), says("One"), says("Two")]
        with ModelEndpoint(script) as endpoint, closing(model_at(endpoint.base_url)) as model:
            assert pieces_of(model)[1] is None
            assert pieces_of(model)[1] is None
            assert [request.body.get(field) for request in endpoint.requests[1:]] == [value, value]


class TestRetries:
    """What the client library repeats by itself."""

    @pytest.mark.parametrize(
        ("status", "retry_after"), [(429, "0"), (500, "0"), (503, "Wed, 21 Oct 2015 07:28:00 GMT")]
    )
    def test_a_passing_fault_goes_unnoticed(self, status: int, retry_after: str) -> None:
        """A busy or faulty server is asked again before a reply has begun."""
        busy = error(status, "later", headers={"Retry-After": retry_after})
        with ModelEndpoint([busy, says("Here")]) as endpoint:
            with closing(model_at(endpoint.base_url)) as model:
                pieces, failure = pieces_of(model)
            assert failure is None
            assert len(endpoint.requests) == 2
        assert pieces[-1] == Reply("Here", usage=Usage(11, 7))

    def test_a_long_pause_is_not_waited_for(self) -> None:
        """A server that wants a minute of patience is reported at once."""
        started = time.monotonic()
        with ModelEndpoint([error(429, "later", headers={"Retry-After": "60"})]) as endpoint:
            with closing(model_at(endpoint.base_url)) as model:
                _, failure = pieces_of(model)
            assert len(endpoint.requests) == 1
        assert isinstance(failure, ModelBusyError)
        assert time.monotonic() - started < 5

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_a_lasting_fault_is_not_repeated(self, status: int) -> None:
        """What repeating cannot mend is asked once."""
        with ModelEndpoint([error(status, "no"), says("never")]) as endpoint:
            with closing(model_at(endpoint.base_url)) as model:
                _, failure = pieces_of(model)
            assert failure is not None
            assert len(endpoint.requests) == 1


REFUSALS = [
    (401, "Incorrect API key provided", "invalid_api_key", ModelAccessError, "OPENAI_API_KEY"),
    (403, "Project has no access to it", None, ModelAccessError, "no access to it"),
    (404, "Not Found", None, UnknownModelError, "OPENAI_MODEL"),
    (404, "The model `scripted` does not exist", "model_not_found", UnknownModelError, "'scripted'"),
    (429, "Rate limit reached: try again in 20s", "rate_limit_exceeded", ModelBusyError, "try again in 20s"),
    (429, "You exceeded your current quota", "insufficient_quota", ModelQuotaError, "Add credit"),
    (
        400,
        "Maximum context length is 8192 tokens",
        "context_length_exceeded",
        ContextTooLongError,
        "less at once",
    ),
    (400, "the request exceeds the available context size", None, ContextTooLongError, "longer context"),
    (413, "Payload too large", None, ContextTooLongError, "less at once"),
    (400, "tiny:1b does not support tools", None, ModelRequestError, "cannot call tools"),
    (422, "temperature must be 1", None, ModelRequestError, "temperature must be 1"),
    (408, "Timeout", None, ModelUnreachableError, "Ask again"),
    (500, "Internal error", None, ModelUnreachableError, "Ask again later"),
    (529, "Overloaded", None, ModelUnreachableError, "Overloaded"),
]


class TestFaults:
    """Every failure is one clear line of the right class."""

    @pytest.mark.parametrize(("status", "message", "code", "kind", "words"), REFUSALS)
    def test_refusals_are_named_with_cause_and_remedy(
        self, status: int, message: str, code: str | None, kind: type[ModelError], words: str
    ) -> None:
        """A refusal becomes the error of its meaning, on one line, without the key."""
        pieces, failure = fault_of([error(status, f"{message} (key {KEY})\nsecond line", code=code)])
        assert pieces == []
        assert type(failure) is kind
        assert words in str(failure)
        assert KEY not in str(failure)
        assert "\n" not in str(failure)

    def test_a_page_instead_of_an_api_is_a_wrong_address(self) -> None:
        """A proxy's error page is quoted shortly, not in full."""
        page = Response(502, "<html>" + "Bad gateway " * 500 + "</html>", content_type="text/html")
        _, failure = fault_of([page])
        assert isinstance(failure, ModelUnreachableError)
        assert len(str(failure)) < 500

    def test_a_web_page_answered_with_success_is_no_reply(self) -> None:
        """A base URL that points at some web site yields a hint at the base URL."""
        _, failure = fault_of([Response(200, "<html>Welcome</html>", content_type="text/html")])
        assert isinstance(failure, BrokenReplyError)
        assert "OPENAI_BASE_URL" in str(failure)

    def test_nobody_listens(self) -> None:
        """A refused connection names the server and the remedy."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        with closing(model_at(f"http://someone:secret@127.0.0.1:{port}/v1", max_retries=0)) as model:
            _, failure = pieces_of(model)
        assert isinstance(failure, ModelUnreachableError)
        assert f"127.0.0.1:{port} cannot be reached" in str(failure)
        assert "secret" not in str(failure)

    def test_silence_is_ended(self) -> None:
        """A stalled reply fails when the silence gets too long; what was said before stands."""
        pieces, failure = fault_of([says("Well", finish_reason=None, ending="silent")], silence_timeout_s=1.5)
        assert pieces == [TextDelta("Well")]
        assert isinstance(failure, ModelUnreachableError)
        assert "silent" in str(failure)

    def test_a_cut_connection_is_a_failure(self) -> None:
        """A reset in mid-reply is not taken for its end."""
        pieces, failure = fault_of([says("Well", finish_reason=None, ending="cut")])
        assert pieces == [TextDelta("Well")]
        assert isinstance(failure, ModelUnreachableError)

    @pytest.mark.parametrize("ending", ["end", "done"])
    def test_an_end_that_the_model_did_not_announce_is_a_failure(self, ending: str) -> None:
        """A stream that just ends, with or without [DONE], is no complete reply."""
        events = Events(says("Well", finish_reason=None).data, ending)  # type: ignore[arg-type]
        pieces, failure = fault_of([events])
        assert pieces == [TextDelta("Well")]
        assert isinstance(failure, BrokenReplyError)
        assert "before it was complete" in str(failure)

    @pytest.mark.parametrize(
        "garbage",
        [
            "{not json",
            "[1, 2]",
            '"text"',
            '{"choices": 5}',
            '{"choices": [{"delta": "x"}]}',
            "\udcff\udcfe",
            "[" * 99_999,
        ],
    )
    def test_garbage_in_the_stream_is_a_failure(self, garbage: str) -> None:
        """Bytes, JSON or shapes that are no reply end the reply with a clear line."""
        pieces, failure = fault_of([Events([chunk({"content": "Well"}), garbage])])
        assert pieces == [TextDelta("Well")]
        assert isinstance(failure, BrokenReplyError)
        assert "no reply of a model" in str(failure)

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ({"message": "The server had an error", "type": "server_error"}, BrokenReplyError),
            ({"message": "Slow down", "code": "rate_limit_exceeded"}, ModelBusyError),
            ({"message": "Overloaded", "code": 503}, ModelUnreachableError),
            ("boom", BrokenReplyError),
        ],
    )
    def test_an_error_in_the_stream_is_mapped_like_any_other(
        self, fault: object, kind: type[ModelError]
    ) -> None:
        """An error object in mid-reply becomes the error of its meaning."""
        pieces, failure = fault_of([Events([chunk({"content": "Well"}), json.dumps({"error": fault})])])
        assert pieces == [TextDelta("Well")]
        assert type(failure) is kind

    def test_a_reply_without_end_is_stopped(self) -> None:
        """A model that repeats itself for ever is cut off."""
        endless = [chunk({"content": "again " * 20_000})] * 20
        _, failure = fault_of([Events(endless)])
        assert isinstance(failure, BrokenReplyError)
        assert str(MAX_REPLY_CHARACTERS) in str(failure)

    def test_endless_arguments_are_stopped(self) -> None:
        """The bound holds for the code that a model writes, too."""
        wanted = ("execute_python_code", "x" * (MAX_REPLY_CHARACTERS + 1))
        _, failure = fault_of([calls(wanted, piece=10_000)])
        assert isinstance(failure, BrokenReplyError)


class TestCheck:
    """What `doctor` learns."""

    @pytest.mark.parametrize("served", [["scripted", "other"], ["scripted:latest"], []])
    def test_a_served_model_is_fine(self, served: list[str]) -> None:
        """The model is listed, under its tag perhaps, or the server lists none."""
        with ModelEndpoint(models=served) as endpoint, closing(model_at(endpoint.base_url)) as model:
            check = model.check()
        assert check.ok
        assert "scripted at 127.0.0.1" in check.detail

    def test_a_model_that_is_not_served_names_those_that_are(self) -> None:
        """The remedy is a name that works."""
        with (
            ModelEndpoint(models=["llama", "qwen"]) as endpoint,
            closing(model_at(endpoint.base_url)) as model,
        ):
            check = model.check()
        assert not check.ok
        assert "llama, qwen" in check.remedy

    @pytest.mark.parametrize(
        "answer", [error(401, "no"), Response(200, "<html>", content_type="text/html"), Response(200, "[]")]
    )
    def test_an_endpoint_that_is_none_has_a_remedy(self, answer: Response) -> None:
        """A refused key, a web page or another API is told as a failed check."""
        with ModelEndpoint(models=answer) as endpoint, closing(model_at(endpoint.base_url)) as model:
            check = model.check()
        assert not check.ok
        assert "OPENAI_" in check.remedy
