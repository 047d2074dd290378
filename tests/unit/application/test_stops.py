from itertools import count

import pytest

from application.operators import Operators
from application.stops import NotGoingOnError, NotYoursToStopError, Stops


class NumberedIds:
    """Ids by number."""

    def __init__(self) -> None:
        self._numbers = count()

    def file_id(self) -> str:
        """Return the next id."""
        return f"{next(self._numbers):012}"

    def execution_id(self) -> str:
        """Return the next id."""
        return str(next(self._numbers))


@pytest.fixture
def stops() -> Stops:
    """Return what can be stopped, where carol is an operator."""
    return Stops(NumberedIds(), Operators(frozenset({"carol"})))


@pytest.mark.parametrize(("asker", "actor"), [("alice", "user:alice"), ("carol", "admin:carol")])
def test_its_owner_and_an_operator_can_stop_work(stops: Stops, asker: str, actor: str) -> None:
    """And it is known who did."""
    with stops.work("alice") as stop:
        stops.stop(stop.work_id, asker)
        stops.stop(stop.work_id, "alice")

    assert stop.cancelled_by() == actor


def test_nobody_else_can(stops: Stops) -> None:
    """It goes on."""
    with stops.work("alice") as stop:
        with pytest.raises(NotYoursToStopError):
            stops.stop(stop.work_id, "bob")

        assert not stop.cancelled_by()


def test_what_has_ended_cannot_be_stopped(stops: Stops) -> None:
    """A button may be older than the process."""
    with stops.work("alice") as stop:
        pass
    with pytest.raises(NotGoingOnError):
        stops.stop(stop.work_id, "alice")


def test_the_programs_end_stops_all_and_what_begins_after_it(stops: Stops) -> None:
    """In the program's name."""
    with stops.work("alice") as first:
        stops.stop_all()
        with stops.work("bob") as second:
            assert [first.cancelled_by(), second.cancelled_by()] == ["system:shutdown"] * 2


def test_who_is_to_be_forgotten_has_nothing_going_on(stops: Stops) -> None:
    """Others' work goes on."""
    with stops.work("alice") as first, stops.work("alice") as second, stops.work("bob") as other:
        stops.stop_all_of("alice")

        assert [work.cancelled_by() for work in (first, second, other)] == ["user:alice", "user:alice", ""]
