"""Runs commands of the program, each in a fork of this process, which has imported what they need.

Reads a request a line, as JSON, and answers each with the exit code of its command.
"""

import json
import os
import sys
from typing import Any

from interfaces.cli import main as program


def serve() -> bool:
    """Answer requests until there are no more; in a fork, return True at once, as its command's process."""
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            _become(json.loads(line))
            return True
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer
    return False


def _become(request: dict[str, Any]) -> None:
    modes = {"stdin": os.O_RDONLY, "stdout": os.O_WRONLY, "stderr": os.O_WRONLY}
    for number, (name, mode) in enumerate(modes.items()):
        descriptor = os.open(request[name], mode)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = request["command"]
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])


if serve():
    program.main()
