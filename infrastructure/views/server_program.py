"""The embedded server as a program: which version there is, and how it is run.

It is a separate program under another licence, in an environment of its own:
started, never imported.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from domain.errors import EnvironmentFaultError
from infrastructure.views.guarded_server import HOST

_METADATA = "lib/python*/site-packages/secantusdb-*.dist-info"
_OPTIONS = ("--cache-size", "128M", "--oplog-max-entries", "5000", "--log-level", "WARNING")


@dataclass(frozen=True)
class ServerProgram:
    """The interpreter of the environment that holds the server, and the server's version."""

    python: Path
    version: str

    @classmethod
    def find(cls, python: Path) -> Self:
        """Return the server that `python` can run.

        Raises:
            EnvironmentFaultError: it has none.
        """
        # The metadata's folder names the version; to ask the interpreter takes 0.2 s.
        found = next(iter(python.parent.parent.glob(_METADATA)), None)
        if found is None or not python.exists():
            msg = (
                f"The embedded MongoDB is not installed beside {python}. "
                "Run `make setup`, or set MONGODB_URI to a MongoDB server of yours."
            )
            raise EnvironmentFaultError(msg)
        return cls(python, found.name.removeprefix("secantusdb-").removesuffix(".dist-info"))

    def command(self, port: int, storage: Path | str, settings: Path, *, auth: bool) -> list[str]:
        """Return the command that serves `storage` (or `:memory:`); nothing secret stands in it.

        `settings` is an empty file: without one, the server takes its settings from
        what happens to lie in the current folder, or in the user's home.
        """
        settings.touch(mode=0o600)
        where = {"--host": HOST, "--port": port, "--storage-path": storage, "--config": settings}
        options = [str(part) for option in where.items() for part in option]
        return [str(self.python), "-I", "-m", "secantus", *options, *_OPTIONS, *(["--auth"] if auth else [])]
