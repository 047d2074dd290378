"""Whose turn it is when many want to run something and few may at once.

Start-time fair queueing (Goyal, Vin and Cheng, 1996) with every job at the same
cost: a user's n-th job waits for nobody's n+1-th, whoever came first. One user's
jobs follow one another, so that nobody waits behind another's second one either.
"""

from dataclasses import dataclass

from domain.errors import RefusedError


class QueueFullError(RefusedError):
    """The user has as many jobs waiting as one may have."""

    def __init__(self, places: int, jobs: str) -> None:
        self.places = places
        super().__init__(
            f"You have {places} {jobs} waiting already, as many as one person may have. "
            "Nothing was run; try again when one of them has ended."
        )


@dataclass(frozen=True, order=True)
class Ticket:
    """A job in the queue; tickets are called in their order.

    `turn` counts a user's jobs, `arrival` all jobs.
    """

    turn: int
    arrival: int
    user_id: str


class FairQueue:
    """Jobs that wait, and at most `slots` that run, one a user; `places` is how many of one user may wait.

    `jobs` is what people call them, in the plural.
    """

    def __init__(self, slots: int, places: int, jobs: str = "runs") -> None:
        self._slots, self._places, self._jobs = slots, places, jobs
        self._waiting: list[Ticket] = []
        self._running: dict[str, Ticket] = {}
        self._next_turns: dict[str, int] = {}
        self._turn = 0
        self._arrivals = 0

    def __len__(self) -> int:
        """Return how many wait or run."""
        return len(self._waiting) + len(self._running)

    def enter(self, user_id: str) -> Ticket:
        """Queue a job.

        Raises:
            QueueFullError: the user has no place left.
        """
        if sum(ticket.user_id == user_id for ticket in self._waiting) >= self._places:
            raise QueueFullError(self._places, self._jobs)
        self._arrivals += 1
        ticket = Ticket(max(self._turn, self._next_turns.get(user_id, 0)), self._arrivals, user_id)
        self._next_turns[user_id] = ticket.turn + 1
        self._waiting.append(ticket)
        self._waiting.sort()
        self._call()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Take a job out, whether it runs or waits."""
        if self.place_of(ticket):
            self._waiting.remove(ticket)
        else:
            del self._running[ticket.user_id]
        self._call()

    def place_of(self, ticket: Ticket) -> int:
        """Return 0 for a job that runs, else how many are called until it is, itself included."""
        return self._waiting.index(ticket) + 1 if self._running.get(ticket.user_id) != ticket else 0

    def _call(self) -> None:
        """Let run what may, and forget the users who would not have to wait for their earlier jobs."""
        for ticket in tuple(self._waiting):
            if len(self._running) < self._slots and ticket.user_id not in self._running:
                self._waiting.remove(ticket)
                self._running[ticket.user_id] = ticket
                self._turn = max(self._turn, ticket.turn)
        self._next_turns = {user: turn for user, turn in self._next_turns.items() if turn > self._turn}
