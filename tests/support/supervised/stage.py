"""A process that has imported the program, and plays acts in forks of itself (`python -m`, see `Stage`).

Reads a request a line, as JSON, and answers each with the exit code of its actor, below 0 for a signal.
"""

import importlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from infrastructure.journal.journal import FolderJournal
from infrastructure.settings import load_settings
from interfaces.wiring import Wiring
from tests.support.house import TurnedClock
from tests.support.supervised.calls import report_calls

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SEGMENT_BYTES = 6000


class Scene:
    """What an act is played on: a data folder, another folder beside it, a clock that stands still.

    Args:
        root: the folder that holds both; what is done below it counts as a step.
        notes: the file that acknowledgements are added to.
        hours: how long after the beginning it is.
    """

    def __init__(self, root: Path, notes: Path, hours: float, *, supervisor: socket.socket | None) -> None:
        self.data, self.out = root / "data", root / "out"
        self.clock = TurnedClock(BEGINNING + timedelta(hours=hours))
        self._notes, self._supervisor = notes, supervisor

    @cached_property
    def wiring(self) -> Wiring:
        """The program on the data folder, which stays open until the process ends."""
        return self.open(self.data)

    def open(self, data: Path) -> Wiring:
        """Return the program on a data folder, with small segments of the journal."""
        wiring = Wiring(load_settings(data))
        wiring.clock = self.clock  # type: ignore[assignment]
        wiring.__dict__["journal"] = FolderJournal(
            data / "journal", wiring.store, self.clock, segment_bytes=SEGMENT_BYTES
        )
        return wiring

    def begin(self) -> None:
        """From here on the act is supervised."""
        if self._supervisor is not None:
            report_calls(self._supervisor)

    def acknowledge(self, **deeds: Any) -> None:
        """Note what somebody was just told."""
        descriptor = os.open(self._notes, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, json.dumps(deeds).encode() + b"\n")
        os.close(descriptor)


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the program says is no answer
    for module in sys.argv[2:]:
        importlib.import_module(module)
    with socket.socket(fileno=int(sys.argv[1])) as supervisor:
        for line in sys.stdin:
            if (actor := os.fork()) == 0:
                with _to_the_end():
                    _play(json.loads(line), supervisor)
            _, status = os.waitpid(actor, 0)
            print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


@contextmanager
def _to_the_end() -> Iterator[None]:
    """End the process with the block; what went wrong is told on stderr."""
    try:
        yield
    except BaseException:  # noqa: BLE001 - nothing may get out of the fork
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _play(request: dict[str, Any], supervisor: socket.socket) -> None:
    os.environ.update(request["environment"])
    module, _, name = request["act"].partition(":")
    act: Callable[[Scene], None] = getattr(importlib.import_module(module), name)
    scene = Scene(
        Path(request["root"]),
        Path(request["notes"]),
        request["hours"],
        supervisor=supervisor if request["supervised"] else None,
    )
    if request["supervised"]:
        os.write(supervisor.fileno(), str(os.getpid()).encode())
    act(scene)


if __name__ == "__main__":
    main()
