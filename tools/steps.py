"""What every step of the set-up uses: its voice, its error, and how it runs a program."""

import subprocess
import sys
import time
from pathlib import Path

_HEARTBEAT_S = 10.0


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def say(message: str) -> None:
    """Print one line of progress, on stderr: stdout belongs to the program that is set up."""
    print(f"setup: {message}", file=sys.stderr, flush=True)


def run(
    command: list[str], *, may_fail: bool = False, cwd: Path | None = None, env: dict[str, str] | None = None
) -> int:
    """Run a program to its end, with a sign of life every few seconds, and return its exit code.

    Its output goes to stderr, and it reads nothing.

    Raises:
        SetupError: It failed, and `may_fail` is not set.
    """
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, cwd=cwd, env=env) as process:
        exit_code = _wait(process)
    if exit_code != 0 and not may_fail:
        what = f"{Path(command[0]).name} {' '.join(command[1:3])}"
        message = f"`{what}` failed; its reason stands above. Set-up goes on from here when run again."
        raise SetupError(message)
    return exit_code


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a program's end, and say now and then that it is still at work."""
    start_s = time.monotonic()
    while True:
        try:
            return process.wait(timeout=_HEARTBEAT_S)
        except subprocess.TimeoutExpired:
            say(f"  ... still at it after {time.monotonic() - start_s:.0f} s")
