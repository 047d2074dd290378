"""A language model behind OpenAI's Chat Completions API, which most servers speak."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import httpx2
import openai
from openai import DefaultHttpxClient, OpenAI, Stream, omit
from openai.types.chat import ChatCompletionChunk

from application.model import Message, ModelError, Piece, TextDelta, Tool
from application.ports.sandbox import Check
from infrastructure.model.openai_errors import PROVIDER_FAULTS, model_error
from infrastructure.model.openai_wire import Chunk, ModelList, ReplyBuilder, message_param, tool_param

CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 120.0
"""Longest silence within a reply; a model that thinks before it speaks needs much of it."""

CHECK_TIMEOUT_S = 5.0
MAX_RETRIES = 2
"""Repetitions by the client library, before a reply has begun: connection, 408, 409, 429, 5xx."""

MAX_RETRY_WAIT_S = 20.0
"""A server that asks for a longer pause is not waited for: the person is told instead."""

_CONCESSIONS = ("stream_options", "reasoning_effort")
"""Request fields over which some servers refuse a request that others need.

Older servers know no `stream_options`; OpenAI's models from gpt-5.5 on take tools
over this API only with `reasoning_effort` "none".
"""


class OpenAIChatModel:
    """A model at an OpenAI-compatible endpoint."""

    def __init__(
        self,
        api_key: str,
        base_url: str,
        model: str,
        *,
        silence_timeout_s: float = SILENCE_TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        self.name = model
        self._key, self._base_url = api_key, base_url
        self._conceded: frozenset[str] = frozenset()
        timeout = httpx2.Timeout(silence_timeout_s, connect=CONNECT_TIMEOUT_S)
        self._client = OpenAI(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            http_client=DefaultHttpxClient(timeout=timeout, event_hooks={"response": [_refuse_long_pauses]}),
        )

    def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Generator[Piece, None, None]:
        """Yield the reply as it comes. See `LanguageModel.stream`."""
        builder = ReplyBuilder()
        with self._faults_mapped(), closing(self._open(messages, tools)) as events:
            try:
                for event in events:
                    if text := builder.add(Chunk.model_validate(event)):
                        yield TextDelta(text)
            except openai.APIConnectionError:
                # Servers that hang up once they have said all do no harm.
                if not builder.is_complete:
                    raise
        yield builder.build()

    def check(self) -> Check:
        """Ask the endpoint which models it serves."""
        where = f"{self.name} at {urlsplit(self._base_url).netloc.rpartition('@')[2]}"
        try:
            with self._faults_mapped():
                client = self._client.with_options(timeout=CHECK_TIMEOUT_S, max_retries=0)
                listed = ModelList.model_validate(client.get("/models", cast_to=object))
        except ModelError as error:
            return Check("model", ok=False, detail=where, remedy=str(error))
        served = [model.id for model in listed.data or []]
        if not served or any(self.name in {one, one.partition(":")[0]} for one in served):
            return Check("model", ok=True, detail=where)
        return Check(
            "model",
            ok=False,
            detail=f"{where} is not among the models served there",
            remedy=f"Set OPENAI_MODEL to one of them: {', '.join(served[:10])}.",
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _open(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Stream[ChatCompletionChunk]:
        """Begin a reply, giving in where the server refuses a field for its own sake."""
        while True:
            conceded = self._conceded
            try:
                return self._client.chat.completions.create(
                    model=self.name,
                    messages=[message_param(message) for message in messages],
                    tools=[tool_param(tool) for tool in tools] or omit,
                    stream=True,
                    stream_options=omit if "stream_options" in conceded else {"include_usage": True},
                    reasoning_effort="none" if "reasoning_effort" in conceded else omit,
                )
            except openai.BadRequestError as error:
                refused = {field for field in _CONCESSIONS if field in error.message} - conceded
                if not refused:
                    raise
                self._conceded = conceded | refused

    @contextmanager
    def _faults_mapped(self) -> Iterator[None]:
        try:
            yield
        except PROVIDER_FAULTS as error:
            raise model_error(error, base_url=self._base_url, model=self.name, secret=self._key) from error


def _refuse_long_pauses(response: httpx2.Response) -> None:
    """Keep the client library from sleeping through a long `Retry-After`."""
    try:
        wait_s = float(response.headers.get("retry-after", 0))
    except ValueError:
        return
    if wait_s > MAX_RETRY_WAIT_S:
        response.headers["x-should-retry"] = "false"
