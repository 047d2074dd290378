"""Followers: prompt, and hard to kill."""

import threading
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.ledger import following
from infrastructure.ledger.following import Follower
from tests.support.house import House

PATIENCE_S = 10


class Seen:
    """The positions that a follower was given."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.reached = threading.Condition()
        self.position = 0
        self.faults_left = 0

    def catch_up(self) -> int:
        """Go to the head, or fail as often as it shall."""
        if self.faults_left:
            self.faults_left -= 1
            msg = "not now"
            raise EnvironmentFaultError(msg)
        with self.reached:
            self.position = self._house.store.head()
            self.reached.notify_all()
        return self.position

    def wait_for(self, position: int) -> bool:
        """Wait until a position is reached."""
        with self.reached:
            return self.reached.wait_for(lambda: self.position >= position, PATIENCE_S)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house."""
    return House(tmp_path)


def test_a_follower_comes_along_with_events_of_any_process(house: House, tmp_path: Path) -> None:
    """What this store appends is seen, and what another appends, too."""
    seen = Seen(house)
    follower = Follower("test", house.store, seen.catch_up)
    follower.start()
    try:
        house.upload("one.csv")
        assert seen.wait_for(2)
        House(tmp_path).upload("two.csv")
        assert seen.wait_for(3)
    finally:
        follower.close()


def test_a_follower_survives_what_it_follows(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are retried until they pass."""
    monkeypatch.setattr(following, "FIRST_RETRY_S", 0.01)
    seen = Seen(house)
    seen.faults_left = 3
    house.upload("one.csv")
    follower = Follower("test", house.store, seen.catch_up)
    follower.start()
    try:
        assert seen.wait_for(2)
    finally:
        follower.close()
