"""A local S3 server over HTTP, a bucket of its own for each test, and a proxy that fails as services do."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from typing import TYPE_CHECKING, Self

import pytest
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from obstore.store import S3Config

KEYS: "S3Config" = {"access_key_id": "test", "secret_access_key": "test", "region": "us-east-1"}


@pytest.fixture(scope="session")
def s3_address() -> Iterator[tuple[str, int]]:
    """Serve S3 for the session."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def bucket(s3_address: tuple[str, int]) -> str:
    """Return the name of a new bucket."""
    name = f"bucket-{token_hex(6)}"
    connection = http.client.HTTPConnection(*s3_address, timeout=10)
    connection.request("PUT", f"/{name}")
    assert connection.getresponse().status == 200
    connection.close()
    return name


class FaultyProxy:
    """Passes requests on to the server, but for the next `errors` (a 500) and `halves` (half of a body).

    `spares` requests are passed on before these; with `is_late` the server does what it then says failed.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.errors = 0
        self.halves = 0
        self.spares = 0
        self.is_late = False
        self.requests = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                proxy.pass_on(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request with the server's answer, or spoil it."""
        self.requests += 1
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        is_spared = self.spares > 0
        self.spares -= is_spared
        fails = not is_spared and self.errors > 0
        self.errors -= fails
        if fails:
            if self.is_late:
                self._asked(request, body)
            request.send_response(500)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        answer, content = self._asked(request, body)
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length", "date", "server"}:
                request.send_header(name, value)
        length = answer.getheader("Content-Length") if request.command == "HEAD" else len(content)
        request.send_header("Content-Length", str(length))
        request.end_headers()
        if self.halves and not is_spared and request.command == "GET":
            self.halves -= 1
            content = content[: len(content) // 2]
            request.close_connection = True
        if request.command != "HEAD":
            request.wfile.write(content)

    def _asked(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(*self.server, timeout=10)
        connection.request(request.command, request.path, body, dict(request.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content
