"""The user's files as code sees them in a list."""

from datetime import datetime

import host_files
from host_files import File

_COLUMNS = ("id", "name", "type", "size_bytes", "uploaded_at", "expires_at")
_WIDEST = 60


class FileList(list[File]):
    """A list that shows itself as a table."""

    def __repr__(self) -> str:
        """Return a line a file, below the names of the fields."""
        rows = [_COLUMNS, *(tuple(_cell(getattr(file, name)) for name in _COLUMNS) for file in self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join(lines) if self else "(no files)"


def files() -> FileList:
    """Return what the user has now, oldest first."""
    return FileList(_file(**description) for description in host_files.descriptions())


def _file(*, uploaded_at: str, expires_at: str | None, **rest: str) -> File:
    expiry = None if expires_at is None else datetime.fromisoformat(expires_at)
    return File(**rest, uploaded_at=datetime.fromisoformat(uploaded_at), expires_at=expiry)  # type: ignore[arg-type]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    text = "never" if value is None else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
