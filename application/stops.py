"""Stopping what goes on: by its owner, by an operator, or because the program ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from application.operators import Operators
from application.ports.clock import Ids
from domain.errors import RefusedError, UsageError
from domain.metadata import admin_actor, user_actor

SHUTDOWN_ACTOR = "system:shutdown"


class NotGoingOnError(UsageError):
    """There is nothing to stop."""

    def __init__(self) -> None:
        super().__init__("There is nothing to cancel: it has ended, or the bot was restarted since.")


class NotYoursToStopError(RefusedError):
    """Somebody else's work."""

    def __init__(self) -> None:
        super().__init__("Only the person who asked for it (or an operator of the bot) can cancel it.")


class Stop:
    """A piece of work that can be stopped; `cancelled_by` is what the work looks at."""

    def __init__(self, work_id: str, owner_id: str) -> None:
        self.work_id, self.owner_id = work_id, owner_id
        self._actor = ""

    def cancelled_by(self) -> str:
        """Return the actor who wants it stopped, empty while nobody does."""
        return self._actor

    def ask(self, actor: str) -> None:
        """Have the work end; the first who asks is remembered."""
        self._actor = self._actor or actor


class Stops:
    """What goes on in this process and can be stopped."""

    def __init__(self, ids: Ids, operators: Operators) -> None:
        self._ids, self._operators = ids, operators
        self._going_on: dict[str, Stop] = {}
        self._ending_by = ""
        self._lock = Lock()

    @contextmanager
    def work(self, owner_id: str) -> Iterator[Stop]:
        """Give a piece of work of a user a handle by which it can be stopped while it goes on."""
        stop = Stop(self._ids.execution_id(), owner_id)
        with self._lock:
            self._going_on[stop.work_id] = stop
            stop.ask(self._ending_by)
        try:
            yield stop
        finally:
            with self._lock:
                del self._going_on[stop.work_id]

    def stop(self, work_id: str, asker_id: str) -> None:
        """Stop a piece of work at a user's wish.

        Raises:
            NotGoingOnError: it has ended.
            NotYoursToStopError: it is another user's, and the asker is no operator.
        """
        with self._lock:
            stop = self._going_on.get(work_id)
        if stop is None:
            raise NotGoingOnError
        if stop.owner_id == asker_id:
            stop.ask(user_actor(asker_id))
        elif asker_id in self._operators:
            stop.ask(admin_actor(asker_id))
        else:
            raise NotYoursToStopError

    def stop_all_of(self, owner_id: str) -> None:
        """Stop all that goes on for a user, who wishes it."""
        with self._lock:
            for stop in self._going_on.values():
                if stop.owner_id == owner_id:
                    stop.ask(user_actor(owner_id))

    def stop_all(self) -> None:
        """Stop everything, also what is yet to begin: the program ends."""
        with self._lock:
            self._ending_by = SHUTDOWN_ACTOR
            for stop in self._going_on.values():
                stop.ask(SHUTDOWN_ACTOR)
