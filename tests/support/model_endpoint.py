"""An OpenAI-compatible endpoint on 127.0.0.1 that says what a script tells it to.

    with ModelEndpoint([runs("print(6 * 7)"), says("It is 42.")]) as endpoint:
        ...  # OPENAI_BASE_URL=endpoint.base_url
    endpoint.requests[1].tool_results[0]

Each request for a completion takes the next step of the script. A step may be a
function of the request, so that a reply can use what the prompt holds (file ids).
Everything goes over a real socket, in the format of Chat Completions: server-sent
events, tool calls in fragments, the usage in an event of its own.
"""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Json = Any
Ending = Literal["done", "silent", "end", "cut"]


@dataclass(frozen=True)
class Events:
    """A streamed reply: one server-sent event a string.

    `ending`: `done` sends `[DONE]`, `end` closes cleanly without it, `cut` resets
    the connection, `silent` sends nothing more until the endpoint is closed.
    """

    data: Sequence[str]
    ending: Ending = "done"
    pause_s: float = 0.0


@dataclass(frozen=True)
class Response:
    """A reply that is no stream."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Step = Events | Response


@dataclass(frozen=True)
class Request:
    """A request for a completion, as it arrived; names of headers are in lower case."""

    body: Json
    headers: Mapping[str, str]

    @property
    def messages(self) -> list[Json]:
        """The conversation sent."""
        return list(self.body["messages"])

    @property
    def prompt(self) -> str:
        """All texts sent, joined."""
        return "\n".join(message.get("content") or "" for message in self.messages)

    @property
    def file_ids(self) -> list[str]:
        """The ids of the files listed in the newest question, oldest first."""
        questions = [message["content"] for message in self.messages if message["role"] == "user"]
        return re.findall(r'"id": "([a-z0-9]{12})"', questions[-1])

    @property
    def tool_results(self) -> list[Json]:
        """The results of tools sent, parsed."""
        return [json.loads(message["content"]) for message in self.messages if message["role"] == "tool"]


Script = Iterable[Step | Callable[[Request], Step]]

# -- steps -----------------------------------------------------------------------


def chunk(delta: Json, finish_reason: str | None = None, usage: Json = None) -> str:
    """Return one event of a reply as JSON."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps({**_HEAD, "choices": [choice], "usage": usage})


def usage_chunk(prompt_tokens: int, completion_tokens: int) -> str:
    """Return the event that tells what a reply cost."""
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    return json.dumps({**_HEAD, "choices": [], "usage": usage})


_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}


def says(
    text: str,
    *,
    finish_reason: str | None = "stop",
    ending: Ending = "done",
    piece: int = 5,
    pause_s: float = 0.0,
) -> Events:
    """Return a reply of text in pieces of `piece` characters, at a cost of 11 and 7 tokens."""
    pieces = [chunk({"content": text[start : start + piece]}) for start in range(0, len(text), piece)]
    last = [chunk({}, finish_reason), usage_chunk(11, 7)] if finish_reason else []
    return Events([chunk({"role": "assistant", "content": ""}), *pieces, *last], ending, pause_s)


def calls(
    *wanted: tuple[str, str], text: str = "", finish_reason: str = "tool_calls", piece: int = 6
) -> Events:
    """Return a reply that calls tools; the arguments of each come in pieces of `piece` characters."""
    data = [chunk({"role": "assistant", "content": text or None})]
    for index, (name, arguments) in enumerate(wanted):
        function = {"name": name, "arguments": ""}
        first = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        data.append(chunk({"tool_calls": [first]}))
        for start in range(0, len(arguments), piece):
            fragment = {"index": index, "function": {"arguments": arguments[start : start + piece]}}
            data.append(chunk({"tool_calls": [fragment]}))
    return Events([*data, chunk({}, finish_reason), usage_chunk(13, 5)])


def runs(*codes: str, text: str = "") -> Events:
    """Return a reply that runs each of `codes`."""
    return calls(*(("execute_python_code", json.dumps({"code": code})) for code in codes), text=text)


def error(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error as the API words it."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return Response(status, json.dumps(body), headers or {})


# -- the server ------------------------------------------------------------------


class ModelEndpoint:
    """The endpoint; `base_url` is for OPENAI_BASE_URL, `requests` holds what came in, in order."""

    def __init__(self, script: Script = (), *, models: Sequence[str] | Response = ("scripted",)) -> None:
        self.requests: list[Request] = []
        self._models = models
        self._steps = iter(script)
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End every reply, and stop."""
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_step(self, request: Request) -> Step:
        """Record a request and return the reply to it."""
        with self._lock:
            self.requests.append(request)
            step = next(self._steps, None)
        if step is None:
            return error(400, "the script of this endpoint has no more replies")
        return step(request) if callable(step) else step

    def models(self) -> Response:
        """Return the list of models."""
        if isinstance(self._models, Response):
            return self._models
        listed = [{"id": name, "object": "model", "created": 1, "owned_by": "me"} for name in self._models]
        return Response(200, json.dumps({"object": "list", "data": listed}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: ModelEndpoint) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = endpoint
        self.closing = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._respond(self.server.endpoint.models())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self.server.endpoint.next_step(Request(body, headers))
        if isinstance(step, Response):
            self._respond(step)
        else:
            with suppress(OSError):  # the client may hang up
                self._stream(step)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def _respond(self, response: Response) -> None:
        body = response.body.encode()
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Events) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in [*events.data, *(["[DONE]"] if events.ending == "done" else [])]:
            self._send_event(data)
            time.sleep(events.pause_s)
        if events.ending == "cut":
            self._reset()
            return
        if events.ending == "silent":
            self.server.closing.wait()
        self.wfile.write(b"0\r\n\r\n")

    def _send_event(self, data: str) -> None:
        event = f"data: {data}\n\n".encode("utf-8", "surrogateescape")
        self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")

    def _reset(self) -> None:
        """Close with a linger time of zero, which sends a reset instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
