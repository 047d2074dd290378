"""Turns, between real threads."""

import threading
import time
from dataclasses import dataclass, field

import pytest

from application.ports.progress import Progress
from application.run_queue import CancelledError, RunQueue
from domain.errors import EnvironmentFaultError

SOON_S = 5.0


@dataclass
class Person:
    """Waits for a turn and remembers what was said meanwhile."""

    stopped_by: str = ""
    heard: list[str] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)

    def show_progress(self, progress: Progress) -> None:
        """Hear it."""
        self.heard.append(str(progress))
        self.told.set()

    def cancelled_by(self) -> str:
        """Tell who lost patience."""
        return self.stopped_by


@dataclass
class Held:
    """A turn that a thread holds until it is let go; `error` is why there was none."""

    queue: RunQueue
    user_id: str
    person: Person = field(default_factory=Person)
    error: Exception | None = None
    has_turn: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Begin to wait."""
        self.thread = threading.Thread(target=self._hold)
        self.thread.start()

    def end(self) -> None:
        """Let the turn go."""
        self.let_go.set()
        self.thread.join(SOON_S)
        assert not self.thread.is_alive()

    def _hold(self) -> None:
        try:
            with self.queue.turn(self.user_id, self.person):
                self.has_turn.set()
                self.let_go.wait(SOON_S)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error


def test_who_waits_hears_the_place_and_gets_the_turn_at_once() -> None:
    """The place is told once each time it changes, and a free slot is taken within moments."""
    queue = RunQueue(1)
    first, second = Held(queue, "a"), Held(queue, "b")
    assert first.has_turn.wait(SOON_S)
    assert second.person.told.wait(SOON_S)
    third = Held(queue, "c")
    assert third.person.told.wait(SOON_S)
    time.sleep(0.3)
    third.person.told.clear()
    began = time.monotonic()
    first.end()
    assert second.has_turn.wait(SOON_S)
    assert time.monotonic() - began < 1
    assert third.person.told.wait(SOON_S)
    second.end()
    assert third.has_turn.wait(SOON_S)
    third.end()
    assert (first.person.heard, second.person.heard) == ([], ["queued at place 1"])
    assert third.person.heard == ["queued at place 2", "queued at place 1"]


def test_a_cancelled_wait_ends_and_leaves_the_place_to_others() -> None:
    """Who is cancelled in the queue is told by whom, and nobody waits for them any more."""
    queue = RunQueue(1)
    first = Held(queue, "a")
    assert first.has_turn.wait(SOON_S)
    second = Held(queue, "b")
    assert second.person.told.wait(SOON_S)
    third = Held(queue, "c")
    second.person.stopped_by = "admin:7"
    second.thread.join(SOON_S)
    assert isinstance(second.error, CancelledError)
    assert "cancelled by admin:7" in str(second.error)
    first.end()
    assert third.has_turn.wait(SOON_S)
    third.end()


def test_closing_sends_everybody_home() -> None:
    """At the program's end nobody waits for ever; who runs goes on."""
    queue = RunQueue(1)
    first = Held(queue, "a")
    assert first.has_turn.wait(SOON_S)
    second = Held(queue, "b")
    assert second.person.told.wait(SOON_S)
    queue.close()
    second.thread.join(SOON_S)
    assert isinstance(second.error, EnvironmentFaultError)
    assert first.error is None
    first.end()


def test_a_turn_that_fails_is_given_back() -> None:
    """An error in a run does not cost the slot."""
    queue = RunQueue(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), queue.turn("a", Person()):
            _ = 1 / 0
