"""The embedded MongoDB: a server of our own, shared by all processes on one data folder.

It starts with the first process and stops with the last, also when they are
killed. In its folder:

- users.lock: every user holds it shared; the guard waits to have it alone
- start.lock: held while somebody finds or starts the server: one does at a time
- renewed: the occasion on which the storage was renewed last
- server.*: of the running server, see `guarded_server`
- secantus-VERSION: storage and password, see `server_home`
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pymongo.errors import ConnectionFailure, OperationFailure

from domain.errors import EnvironmentFaultError
from infrastructure.files import durable_write, make_private_folder, os_errors
from infrastructure.locks import lock_shared, locked
from infrastructure.views.client import connect
from infrastructure.views.faults import is_internal
from infrastructure.views.guarded_server import GuardedServer, free_port
from infrastructure.views.server_home import START_TIMEOUT_S, ServerHome
from infrastructure.views.server_program import ServerProgram

PING_TIMEOUT_MS = 1_000
_MAX_LAUNCHES = 2


class EmbeddedServer:
    """One process's use of the embedded server. A context manager that gives its URI.

    Args:
        folder: where everything lies; made with mode 0700.
        python: the interpreter of the environment that the server is installed in.
    """

    def __init__(self, folder: Path, python: Path) -> None:
        self._folder, self._python = folder, python
        self._users_lock = folder / "users.lock"
        self._server = GuardedServer(folder, self._users_lock)
        self._membership: int | None = None
        self._port: int | None = None

    def __enter__(self) -> str:
        """Start or join the server and return its URI."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Leave the server."""
        self.close()

    def start(self) -> str:
        """Return the URI of the server, started when it does not run.

        May be called again at any time: a server that died comes back at the same
        address, so that open clients find it, with what it had stored.

        Raises:
            EnvironmentFaultError: it does not run here; names cause and remedy.
        """
        with self._as_user():
            return self._find_or_launch()

    def launch(self) -> None:
        """Have the server start, and do not wait for it: who calls `start` later waits less.

        Raises:
            EnvironmentFaultError: it does not run here; names cause and remedy.
        """
        with self._as_user():
            if not self._server.is_running():
                self._launch(is_retry=False)

    @contextmanager
    def _as_user(self) -> Iterator[None]:
        """Be one of those for whom the server lives, and the only one who starts it."""
        with os_errors("keep the embedded MongoDB"):
            make_private_folder(self._folder)
            self._folder.chmod(0o700)
            with locked(self._folder / "start.lock"):
                if self._membership is None:
                    self._membership = lock_shared(self._users_lock)
                yield

    def renew(self, occasion: str) -> None:
        """Drop all that the server stored, free pages and logs included; it comes back empty.

        Of several processes that ask on the same occasion, one does it. Whoever else uses it finds its
        connections cut, and waits in `start` until it is back.

        Raises:
            EnvironmentFaultError: it does not run here; names cause and remedy.
        """
        done = self._folder / "renewed"
        with os_errors("renew the embedded MongoDB"), locked(self._folder / "start.lock"):
            if done.exists() and done.read_text() == occasion:
                return
            program = ServerProgram.find(self._python)
            self._server.kill()
            ServerHome(self._folder, program.version).renew(program, self._users_lock)
            self._find_or_launch()
            durable_write(done, occasion.encode())

    def close(self) -> None:
        """Stop using the server; it stops when nobody else uses it."""
        if self._membership is not None:
            os.close(self._membership)
            self._membership = self._port = None

    def _find_or_launch(self) -> str:
        launches, deadline = 0, time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._server.is_running():
                if self._server.wait_until_listening(START_TIMEOUT_S):
                    # A server may also end between these two steps: then there is none to join.
                    with suppress(ConnectionFailure, _StandsStillError):
                        return self._join()
                continue
            if launches == _MAX_LAUNCHES:
                msg = (
                    f"The embedded MongoDB ends as soon as it starts: {self._server.last_words}. "
                    "Set MONGODB_URI to use another MongoDB server."
                )
                raise EnvironmentFaultError(msg)
            self._launch(is_retry=launches > 0)
            launches += 1
        msg = "The embedded MongoDB runs and does not answer. Stop every fileledger process, then try again."
        raise EnvironmentFaultError(msg)

    def _launch(self, *, is_retry: bool) -> None:
        program = ServerProgram.find(self._python)
        home = ServerHome(self._folder, program.version)
        if is_retry:
            home.drop(f"the server ended as soon as it started ({self._server.last_words})")
        home.prepare(program, self._users_lock)
        # A server that died under living users leaves its state: its port is the one that they know.
        port = free_port(self._port or self._server.state.get("port"))
        command = program.command(port, home.storage, self._folder / "settings.toml", auth=True)
        self._server.launch(command, {"port": port, "version": program.version})

    def _join(self) -> str:
        state = self._server.state
        uri = ServerHome(self._folder, state["version"]).uri(state["port"])
        if self._port not in {None, state["port"]}:
            msg = "The embedded MongoDB had to move to another port. Start this program again to find it."
            raise EnvironmentFaultError(msg)
        try:
            _check_users(uri)
        except _StandsStillError:
            self._server.kill()
            raise
        self._port = state["port"]
        return uri


class _StandsStillError(Exception):
    """Since the disk refused a write, the server uses its storage no more until it is started anew."""


def _check_users(uri: str) -> None:
    """Check that the server knows us, and nobody else: it was open to all while it was made.

    Raises:
        ConnectionFailure: it does not answer.
        _StandsStillError: it answers, and does nothing.
    """
    with connect(uri, timeout_ms=PING_TIMEOUT_MS).client as client:
        try:
            users = client.admin["system.users"].count_documents({})
        except OperationFailure as error:
            if is_internal(error):
                raise _StandsStillError from error
            users = 0
    if users != 1:
        msg = (
            "The embedded MongoDB does not know us, or knows others: its storage was tampered with. "
            "Stop every fileledger process, delete the folder `mongodb` in the data folder, and start again."
        )
        raise EnvironmentFaultError(msg)
