"""Watching a run for Discord: it is stopped when the program is."""

from threading import Event

from application.run_code import Unobserved

SHUTDOWN_ACTOR = "system:shutdown"


class StoppableRun(Unobserved):
    """A run that goes on until the program wants to end."""

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping

    def cancelled_by(self) -> str:
        """Name the program as who stops the run, once it ends."""
        return SHUTDOWN_ACTOR if self._stopping.is_set() else ""
