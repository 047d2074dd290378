"""The home of one version of the embedded server: its storage, and the password of its only user.

A home is complete or absent: it is made under another name and moved into place.
What it stores are views, so a home that is damaged, or another version's, is
dropped, and the views are built again from the ledger.
"""

import logging
import secrets
import shutil
from pathlib import Path

from domain.errors import EnvironmentFaultError
from infrastructure.files import durable_write, make_private_folder
from infrastructure.views.client import connect
from infrastructure.views.faults import mongodb_faults
from infrastructure.views.guarded_server import HOST, GuardedServer, free_port
from infrastructure.views.server_program import ServerProgram

USER = "fileledger"
START_TIMEOUT_S = 90.0
_PREFIX = "secantus-"

log = logging.getLogger(__name__)


class ServerHome:
    """The folder `secantus-VERSION` below that of the embedded MongoDB."""

    def __init__(self, folder: Path, version: str) -> None:
        self._folder, self._version = folder, version
        self._path = folder / f"{_PREFIX}{version}"

    @property
    def storage(self) -> Path:
        """The folder of the database files."""
        return self._path / "storage"

    def uri(self, port: int) -> str:
        """Return the address, credentials and all, of the server when it runs on `port`."""
        password = (self._path / "password").read_text()
        return f"mongodb://{USER}:{password}@{HOST}:{port}/?directConnection=true&authSource=admin"

    def prepare(self, program: ServerProgram, users_lock: Path) -> None:
        """Make the home when it is absent; drop those of other versions.

        Raises:
            EnvironmentFaultError: the server does not run here.
        """
        for other in self._folder.glob(f"{_PREFIX}*"):
            if other != self._path:
                _drop(other, "it is another version's")
        if not self._path.is_dir():
            self._make(program, users_lock)

    def drop(self, why: str) -> None:
        """Drop the home, so that the next start makes an empty one."""
        _drop(self._path, why)

    def renew(self, program: ServerProgram, users_lock: Path) -> None:
        """Put an empty home in the place of this one, with the password that others know; nothing runs in it.

        Raises:
            EnvironmentFaultError: the server does not run here.
        """
        self._make(program, users_lock, (self._path / "password").read_text())

    def _make(self, program: ServerProgram, users_lock: Path, password: str | None = None) -> None:
        """Make an empty home with one user; the one before goes when it is ready.

        The server lets in nobody but its users, and makes users only while it lets
        in everybody: so it runs openly for a moment, with nothing in it.
        """
        workshop = self._folder / f"new-{self._version}"
        server, port = GuardedServer(workshop, users_lock), free_port()
        if workshop.exists():
            server.stop()  # whoever made a home before was killed over it
            shutil.rmtree(workshop)
        new, password = workshop / "home", password or secrets.token_urlsafe(32)
        for folder in (workshop, new, new / "storage"):
            make_private_folder(folder)
        command = program.command(port, new / "storage", workshop / "settings.toml", auth=False)
        server.launch(command, {"port": port})
        if not server.wait_until_listening(START_TIMEOUT_S):
            msg = f"The embedded MongoDB does not start: {server.last_words}. Set MONGODB_URI to use another."
            raise EnvironmentFaultError(msg)
        _create_user(port, password)
        server.stop()
        durable_write(new / "password", password.encode())
        if self._path.exists():
            self._path.rename(workshop / "before")
        new.rename(self._path)
        shutil.rmtree(workshop)


def _create_user(port: int, password: str) -> None:
    with (
        mongodb_faults("make its user"),
        connect(f"mongodb://{HOST}:{port}/?directConnection=true").client as client,
    ):
        client.admin.command("createUser", USER, pwd=password, roles=["root"])


def _drop(home: Path, why: str) -> None:
    log.warning("dropping the embedded MongoDB's storage, to build the views anew: %s", why)
    shutil.rmtree(home)
