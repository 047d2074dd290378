"""What is wrong with a body, as Discord tells it: a tree under the names of the fields."""

from collections.abc import Sized

from tests.support.discord_server.errors import invalid_form
from tests.support.discord_server.values import Json

Path = tuple[str | int, ...]


class Form:
    """Collects errors; `close` raises them together."""

    def __init__(self, prefix: Path = ()) -> None:
        self._prefix = prefix
        self._tree: Json = {}

    def error(self, path: Path, code: str, message: str) -> None:
        """Note that the field at `path` is wrong."""
        node = self._tree
        for step in (*self._prefix, *path):
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def at_most(self, path: Path, value: Sized | None, most: int) -> None:
        """Check the length of a text or a list; texts are trimmed before they are counted."""
        if _length(value) > most:
            self.error(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def between(self, path: Path, value: Sized | None, least: int, most: int) -> None:
        """Check that a text or list is there and has a length from `least` to `most`."""
        if value is None:
            self.required(path)
        elif not least <= _length(value) <= most:
            self.error(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def required(self, path: Path) -> None:
        """Note that a field is missing."""
        self.error(path, "BASE_TYPE_REQUIRED", "This field is required")

    def one_of(self, path: Path, value: object, choices: tuple[object, ...]) -> bool:
        """Check that a value is one of those allowed, and return whether it is."""
        is_allowed = value in choices
        if not is_allowed:
            self.error(path, "BASE_TYPE_CHOICES", f"Value must be one of {choices}.")
        return is_allowed

    def close(self) -> None:
        """Raise what was found.

        Raises:
            ApiError: something was.
        """
        if self._tree:
            raise invalid_form(self._tree)


def _length(value: Sized | None) -> int:
    return len(value.strip() if isinstance(value, str) else value or ())
