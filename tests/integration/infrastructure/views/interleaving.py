"""Runs actors in threads that take turns by a script: every step at the database is one turn.

A bulk write is a turn for each of its operations, for an unordered bulk promises
no more. An actor that is told to crash does so before its next step, as if killed
there: by an exception that nothing catches.
"""

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo.errors import BulkWriteError

Gate = Callable[[], None]
_STEPS = {"find", "find_one", "insert_one", "update_one", "find_one_and_update", "create_indexes"}
_STEPS |= {"delete_many", "rename"}
_DATABASE_STEPS = {"command", "drop_collection", "list_collections"}
_PATIENCE_S = 60


class Crashed(BaseException):
    """Ends an actor as kill -9 would: no handler takes it for an error."""


@dataclass
class _Actor:
    play: Callable[[Gate], None]
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    turns: int = 0
    is_over: bool = False
    must_crash: bool = False
    failure: BaseException | None = None

    def gate(self) -> None:
        if self.must_crash:
            raise Crashed
        self.arrived.release()
        assert self.go.acquire(timeout=_PATIENCE_S)
        if self.must_crash:
            raise Crashed

    def run(self) -> None:
        try:
            self.gate()
            self.play(self.gate)
        except Crashed:
            pass
        except BaseException as error:  # noqa: BLE001  # told to the test by the stage
            self.failure = error
        finally:
            self.is_over = True
            self.arrived.release()


def interleave(
    plays: Sequence[Callable[[Gate], None]], script: Sequence[tuple[int, int]], crashes: Mapping[int, int]
) -> list[BaseException]:
    """Run all plays to their ends and return what they failed with.

    `script` tells who plays (modulo the actors that still do) for how many turns, and
    begins anew at its end; `crashes` tells how many turns an actor has before it
    crashes, by its number.
    """
    actors = [_Actor(play) for play in plays]
    threads = [threading.Thread(target=actor.run, daemon=True) for actor in actors]
    for thread, actor in zip(threads, actors, strict=True):
        thread.start()
        assert actor.arrived.acquire(timeout=_PATIENCE_S)
    turns = itertools.chain.from_iterable([who] * times for who, times in itertools.cycle(script))
    while playing := [actor for actor in actors if not actor.is_over]:
        actor = playing[next(turns) % len(playing)]
        actor.must_crash = actor.turns >= crashes.get(actors.index(actor), actor.turns + 1)
        actor.turns += 1
        actor.go.release()
        assert actor.arrived.acquire(timeout=_PATIENCE_S)
    for thread in threads:
        thread.join(_PATIENCE_S)
    return [actor.failure for actor in actors if actor.failure is not None]


class GatedDatabase:
    """A database whose every operation waits at a gate first."""

    def __init__(self, database: Any, gate: Gate) -> None:
        self._database, self._gate = database, gate

    def __getitem__(self, name: str) -> "GatedCollection":
        return GatedCollection(self._database[name], self._gate)

    def __getattr__(self, name: str) -> Any:
        if name in _DATABASE_STEPS:
            self._gate()
        return getattr(self._database, name)


class GatedCollection:
    """A collection whose every operation waits at a gate first."""

    def __init__(self, collection: Any, gate: Gate) -> None:
        self._collection, self._gate = collection, gate

    def __getattr__(self, name: str) -> Any:
        if name in _STEPS:
            self._gate()
        return getattr(self._collection, name)

    def bulk_write(self, operations: Sequence[Any], *, ordered: bool) -> None:
        """Write one operation a turn; report refusals together, as the server does."""
        assert not ordered
        refused: list[dict[str, Any]] = []
        for operation in operations:
            self._gate()
            try:
                self._collection.bulk_write([operation], ordered=False)
            except BulkWriteError as error:
                refused += error.details["writeErrors"]
        if refused:
            raise BulkWriteError({"writeErrors": refused, "writeConcernErrors": []})


class Tripwire:
    """A gate that does something before one step, counted from 1."""

    def __init__(self, step: int, happening: Callable[[], object]) -> None:
        self._steps_left, self._happening = step, happening

    @property
    def was_reached(self) -> bool:
        """Whether there was such a step."""
        return self._steps_left <= 0

    def __call__(self) -> None:
        """Count a step."""
        self._steps_left -= 1
        if self._steps_left == 0:
            self._happening()


class Kill(Tripwire):
    """A gate that lets nothing more through from one step on."""

    def __init__(self, step: int) -> None:
        super().__init__(step, lambda: None)

    def __call__(self) -> None:
        """Count a step, or end the actor."""
        super().__call__()
        if self.was_reached:
            raise Crashed
