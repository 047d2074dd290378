"""The fair queue against a naive model, and the promises that people would notice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.fair_queue import FairQueue, QueueFullError, Ticket

SLOTS, PLACES = 2, 3
USERS = st.sampled_from("abcde")


def order_of_turns(arrivals: list[str], slots: int = 1) -> list[str]:
    """Return whose jobs are called, in order, when all have come and one ends after the other."""
    queue = FairQueue(slots, len(arrivals))
    tickets = [queue.enter(user) for user in arrivals]
    called: list[Ticket] = []
    while tickets:
        running = sorted((each for each in tickets if not queue.place_of(each)), key=lambda each: each.turn)
        called += [each for each in running if each not in called]
        queue.leave(running[0])
        tickets.remove(running[0])
    return [ticket.user_id for ticket in called]


def test_many_jobs_of_one_user_do_not_delay_the_others() -> None:
    """Whoever comes after a user with many jobs waits for the first of them only."""
    assert order_of_turns(list("aaaabc")) == list("abcaaa")


@given(st.lists(USERS, min_size=1, max_size=20), st.integers(min_value=1, max_value=4))
def test_no_user_waits_behind_anothers_second_job(arrivals: list[str], slots: int) -> None:
    """The first jobs of all who came are called before the second job of any."""
    called = order_of_turns(arrivals, slots)
    rounds = [called[:position].count(user) for position, user in enumerate(called)]
    assert sorted(called) == sorted(arrivals)
    assert rounds == sorted(rounds)


def test_a_newcomer_goes_before_the_second_job_of_who_came_earlier() -> None:
    """A user who comes while another's first job runs is next, not after that user's other jobs."""
    queue = FairQueue(1, 5)
    first, second = queue.enter("a"), queue.enter("a")
    newcomer = queue.enter("b")
    assert [queue.place_of(each) for each in (first, newcomer, second)] == [0, 1, 2]


def test_who_comes_back_at_once_does_not_starve_who_waits() -> None:
    """Two users who always have one job more do not keep a third from the second of its own."""
    queue = FairQueue(1, 5)
    patient = [queue.enter("c"), queue.enter("c")]
    running = queue.enter("a")
    queue.leave(patient[0])
    for turn in range(4):
        waiting = queue.enter("ab"[(turn + 1) % 2])
        queue.leave(running)
        running = waiting
        if not queue.place_of(patient[1]):
            return
    pytest.fail("the second job was never called")


def test_a_users_jobs_follow_one_another() -> None:
    """However many slots are free, one user holds one of them."""
    queue = FairQueue(4, 5)
    first, second = queue.enter("a"), queue.enter("a")
    assert (queue.place_of(first), queue.place_of(second)) == (0, 1)
    queue.leave(first)
    assert queue.place_of(second) == 0


def test_one_user_has_a_limited_number_of_places() -> None:
    """The error names the limit, and costs others nothing."""
    queue = FairQueue(1, 2)
    for _ in range(3):
        queue.enter("a")
    with pytest.raises(QueueFullError, match="2 runs waiting"):
        queue.enter("a")
    queue.enter("b")


class AnyOrder(RuleBasedStateMachine):
    """Jobs come, end and are given up in any order."""

    def __init__(self) -> None:
        """Begin with an empty queue."""
        super().__init__()
        self.queue = FairQueue(SLOTS, PLACES)
        self.tickets: list[Ticket] = []

    @rule(user=USERS)
    def enter(self, user: str) -> None:
        """Somebody comes, and is refused only when all of their places are taken."""
        waiting = [each for each in self.tickets if each.user_id == user and self.queue.place_of(each)]
        try:
            self.tickets.append(self.queue.enter(user))
        except QueueFullError:
            assert len(waiting) == PLACES

    @precondition(lambda self: self.tickets)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """A job ends, or is given up while it waits."""
        ticket = data.draw(st.sampled_from(self.tickets))
        self.tickets.remove(ticket)
        self.queue.leave(ticket)

    @invariant()
    def slots_are_used_and_never_exceeded(self) -> None:
        """As many run as slots and users allow, at most one a user; places count up from 1."""
        places = sorted(self.queue.place_of(each) for each in self.tickets)
        running = [each.user_id for each in self.tickets if not self.queue.place_of(each)]
        assert len(running) == len(set(running)) == min(SLOTS, len({each.user_id for each in self.tickets}))
        assert places[len(running) :] == list(range(1, len(places) - len(running) + 1))


TestAnyOrder = AnyOrder.TestCase
