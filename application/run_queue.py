"""Runs, and questions, take turns: a few at once, and nobody waits behind another user's second one."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Protocol

from application.ports.progress import Progress, Stage
from domain.errors import EnvironmentFaultError, RefusedError
from domain.fair_queue import FairQueue, Ticket
from domain.metadata import actor_words

PLACES_PER_USER = 10
_LOOK_S = 0.1


class CancelledError(RefusedError):
    """Somebody stopped a run before its turn came."""

    def __init__(self, who: str) -> None:
        super().__init__(f"It was cancelled by {who} while it waited for its turn. Nothing was run.")


class Waiting(Protocol):
    """Somebody who waits for a turn."""

    def show_progress(self, progress: Progress) -> None:
        """Take the place in the queue."""

    def cancelled_by(self) -> str:
        """Return the actor who wants the run stopped, empty while nobody does."""


class RunQueue:
    """Hands out turns to the threads that carry runs out."""

    def __init__(self, slots: int, places: int = PLACES_PER_USER, jobs: str = "runs") -> None:
        self._queue = FairQueue(slots, places, jobs)
        self._changed = Condition()
        self._is_closed = False

    @contextmanager
    def turn(self, user_id: str, waiting: Waiting) -> Iterator[None]:
        """Wait for a turn of the user's and hold it; `waiting` is told each new place.

        Raises:
            QueueFullError: too many of the user's runs wait.
            CancelledError: the run was cancelled before its turn.
            EnvironmentFaultError: the program ends.
        """
        with self._changed:
            ticket = self._queue.enter(user_id)
        try:
            self._await(ticket, waiting)
            yield
        finally:
            with self._changed:
                self._queue.leave(ticket)
                self._changed.notify_all()

    def __len__(self) -> int:
        """Return how many wait or run."""
        with self._changed:
            return len(self._queue)

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _await(self, ticket: Ticket, waiting: Waiting) -> None:
        told = -1
        while place := self._new_place(ticket, told):
            if place != told:
                waiting.show_progress(Progress(Stage.QUEUED, str(place)))
                told = place
            if actor := waiting.cancelled_by():
                raise CancelledError(actor_words(actor, ticket.user_id))

    def _new_place(self, ticket: Ticket, told: int) -> int:
        """Return the place as soon as it is another than the one told, or after a moment."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._queue.place_of(ticket) != told, _LOOK_S)
            if self._is_closed:
                msg = "The program is shutting down; what waited was not begun. Try again later."
                raise EnvironmentFaultError(msg)
            return self._queue.place_of(ticket)
