"""The only sources of time and of new ids."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of the current time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC, in whole milliseconds."""


class Ids(Protocol):
    """The only source of new ids; no id is ever drawn twice."""

    def file_id(self) -> str:
        """Return a new file id: 12 of a-z and 0-9."""

    def execution_id(self) -> str:
        """Return a new execution id."""
