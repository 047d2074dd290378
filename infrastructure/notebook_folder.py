"""Small notes in a folder: what another process needs to know should this one be killed.

A note survives the process, not a power failure: nothing acknowledged depends on
one, and a chat that waited for its disk at each message would be slow.
"""

import json
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue

from infrastructure.files import make_private_folder, os_errors, whole_file

_SUFFIX = ".json"


class FolderNotebook:
    """A private folder with a file a note."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, note: JsonValue) -> None:
        """Keep a note in the place of the one before, in one step.

        Raises:
            EnvironmentFaultError: the disk does not take it.
        """
        with os_errors("keep a note"):
            make_private_folder(self._folder)
            with whole_file(self._folder / f"{name}{_SUFFIX}") as file:
                file.write(json.dumps(note).encode())

    def drop(self, name: str) -> None:
        """Throw a note away, if it is there."""
        with os_errors("throw a note away"):
            (self._folder / f"{name}{_SUFFIX}").unlink(missing_ok=True)

    def all(self) -> dict[str, JsonValue]:
        """Return all notes by name; one that cannot be read is thrown away."""
        found: dict[str, JsonValue] = {}
        with os_errors("read the notes"):
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                with suppress(FileNotFoundError):
                    try:
                        found[path.stem] = json.loads(path.read_bytes())
                    except ValueError:
                        path.unlink(missing_ok=True)
        return found
