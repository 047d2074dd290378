"""Small notes for the process that comes after this one."""

from typing import Protocol

from pydantic import JsonValue


class Notebook(Protocol):
    """Keeps a JSON document a note, by name. Losing one loses nothing that was acknowledged."""

    def put(self, name: str, note: JsonValue) -> None:
        """Keep a note in the place of the one before.

        Raises:
            EnvironmentFaultError: it cannot be kept.
        """

    def drop(self, name: str) -> None:
        """Throw a note away, if it is there."""

    def all(self) -> dict[str, JsonValue]:
        """Return all notes by name."""
