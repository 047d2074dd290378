"""A server process under a guard: started, looked at and stopped through the files in its folder.

- server.lock: held by guard and server while either lives; free means nothing runs
- server.json: the process ids, and what the starter wants remembered
- server.log: what the server said since its last start
"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from domain.errors import EnvironmentFaultError
from infrastructure.locks import try_lock
from infrastructure.views import guard

HOST = guard.HOST
POLL_S = 0.01
STOP_TIMEOUT_S = guard.STOP_TIMEOUT_S + 5.0


class GuardedServer:
    """The server whose files are in `folder`; it lives while somebody holds `users_lock`."""

    def __init__(self, folder: Path, users_lock: Path) -> None:
        self._folder, self._users_lock = folder, users_lock
        self._lock, self._log = folder / "server.lock", folder / "server.log"
        self._state_file = folder / "server.json"

    @property
    def state(self) -> dict[str, Any]:
        """What the last start left in writing; empty when it left nothing readable."""
        try:
            state = json.loads(self._state_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    @property
    def last_words(self) -> str:
        """The last line that the server said."""
        lines = self._log.read_text(errors="replace").split("\n") if self._log.exists() else []
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it says nothing")

    def is_running(self) -> bool:
        """Tell whether guard or server live."""
        hold = try_lock(self._lock)
        if hold is not None:
            os.close(hold)
        return hold is None

    def launch(self, command: Sequence[str], state: dict[str, Any]) -> None:
        """Start the server under a guard; returns before it answers. Nothing, when it runs.

        The server sees nothing of our environment, so that no token or key gets into it.

        Raises:
            EnvironmentFaultError: the guard did not start.
        """
        hold = try_lock(self._lock)
        if hold is None:
            return
        try:
            # What a server that died left there would be taken for the new one's.
            self._state_file.unlink(missing_ok=True)
            self._start_guard(command, state, hold)
        finally:
            os.close(hold)

    def _start_guard(self, command: Sequence[str], state: dict[str, Any], hold: int) -> None:
        spec = {
            "command": command,
            "users_lock": str(self._users_lock),
            "state_file": str(self._state_file),
            "state": state,
        }
        with open(self._log, "wb", opener=_private) as output:
            done = subprocess.run(
                [sys.executable, "-I", "-S", guard.__file__, json.dumps(spec)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[hold],
                cwd=self._folder,
                env={"PATH": os.defpath, "HOME": str(self._folder), "LANG": "C.UTF-8"},
                check=False,
            )
        if done.returncode != 0:
            msg = f"The guard of the embedded MongoDB did not start: {self.last_words}"
            raise EnvironmentFaultError(msg)

    def wait_until_listening(self, timeout_s: float) -> bool:
        """Wait for the server's port to be open; False when the server ended instead.

        Raises:
            EnvironmentFaultError: it did neither in time.
        """
        deadline = time.monotonic() + timeout_s
        while not _is_open(self.state.get("port", 0)):
            if not self.is_running():
                return False
            if time.monotonic() > deadline:
                msg = f"The embedded MongoDB is not up within {timeout_s:g} s: {self.last_words}. Try again."
                raise EnvironmentFaultError(msg)
            time.sleep(POLL_S)
        return True

    def stop(self) -> None:
        """Stop the server cleanly, whoever uses it, and wait for its end.

        Raises:
            EnvironmentFaultError: it does not end.
        """
        self._end("guard_pid", signal.SIGTERM)

    def kill(self) -> None:
        """Stop the server at once, for who needs nothing any more of what it stores.

        Raises:
            EnvironmentFaultError: it does not end.
        """
        self._end("pid", signal.SIGKILL)

    def _end(self, process: str, how: signal.Signals) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        if self.is_running():
            with suppress(ProcessLookupError, KeyError):
                os.kill(self.state[process], how)
        while self.is_running():
            if time.monotonic() > deadline:
                msg = f"The server in {self._folder} does not stop. End its process, then try again."
                raise EnvironmentFaultError(msg)
            time.sleep(POLL_S)


def free_port(preferred: int | None = None) -> int:
    """Return a free port of the loopback interface: the preferred one, if it is free.

    Raises:
        OSError: none is.
    """
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, preferred or 0))
        except OSError:
            candidate.bind((HOST, 0))
        return int(candidate.getsockname()[1])


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_open(port: int) -> bool:
    """Tell whether something listens.

    Raises:
        EnvironmentFaultError: nothing on this machine reaches it, now or later.
    """
    with socket.socket() as client:
        client.settimeout(1)
        number = client.connect_ex((HOST, port))
    if number == errno.ENETUNREACH:
        msg = (
            f"The embedded MongoDB listens at {HOST}, and this machine's loopback interface is down. "
            "Bring it up (`ip link set lo up`), or set MONGODB_URI to a MongoDB server of yours."
        )
        raise EnvironmentFaultError(msg)
    return number == 0
