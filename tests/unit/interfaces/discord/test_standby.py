"""Standing by, and noticing that another bot took over."""

import asyncio
from collections.abc import Callable

import pytest

from domain.errors import EnvironmentFaultError
from interfaces.discord import standby


class LentLease:
    """A lease that says what it is told to: `y`es, `n`o, or `?` for a server that is gone."""

    def __init__(self, answers: str) -> None:
        self._answers = list(answers)
        self.asked = 0

    def take(self) -> bool:
        """Say the next answer; the last one again and again."""
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer == "?":
            msg = "the server is gone"
            raise EnvironmentFaultError(msg)
        return answer == "y"

    def release(self) -> None:
        """Leave it."""


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing take seconds."""
    monkeypatch.setattr(standby, "CHECK_S", 0.01)
    monkeypatch.setattr(standby, "UNCONFIRMED_S", 0.1)


def test_who_stands_by_takes_over_when_the_lease_falls_free() -> None:
    """However often it was told no, or nothing at all, before."""
    lease = LentLease("n?ny")
    assert asyncio.run(standby.until_taken(lease, asyncio.Event()))
    assert lease.asked == 4


def test_who_stands_by_can_be_stopped() -> None:
    """The stop ends the wait, without the lease."""

    async def stand_by() -> bool:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, stop.set)
        return await standby.until_taken(LentLease("n"), stop)

    assert not asyncio.run(stand_by())


def waits(lease: LentLease) -> Callable[[], None]:
    """Return what waits for the lease to be lost, for half a second."""
    return lambda: asyncio.run(asyncio.wait_for(standby.until_lost(lease), 0.5))


def test_a_lease_that_another_has_is_lost() -> None:
    """At the next look."""
    waits(LentLease("yyn"))()


def test_a_lease_that_nobody_confirms_is_given_up() -> None:
    """Before it falls free by itself."""
    lease = LentLease("y?")
    waits(lease)()
    assert lease.asked > 2


def test_a_lease_that_is_confirmed_again_in_time_is_kept() -> None:
    """A short absence of the server changes nothing."""
    with pytest.raises(TimeoutError):
        waits(LentLease("y??y"))()
