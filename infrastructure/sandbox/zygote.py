"""The host's side of a zygote: a warm process behind bubblewrap that forks cells (`guest/zygote.py`)."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from select import POLLIN, poll

from infrastructure.sandbox import boundary, channel, watchdog
from infrastructure.sandbox.cells import Cell, CellError, CellSockets, make_cell, pid_of
from infrastructure.sandbox.logs import Log
from infrastructure.sandbox.recipe import Recipe

_WARM_UP_S = 60.0
_FORK_S = 3.0  # it takes milliseconds; who waits for longer is served better without
_LOOK_S = 0.1
_STOP_S = 5.0


class Zygote:
    """A `CellMaker` whose cells begin with the libraries already imported.

    The thread that makes a zygote must outlive it (see `Recipe.spawn`). It takes
    seconds to import everything: only then, after `await_warm`, cells can be made.
    They die with it, so a retired zygote ends itself after its last cell.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._lock = threading.Lock()
        self._cells = 0
        self._is_retired = False
        self.forks = 0
        self._log = Log()
        self._host, theirs = channel.pair()
        self._pidfd = self._first_pidfd = -1
        try:
            with theirs:
                self._process = recipe.spawn("zygote.py", theirs, self._log.writer, scratch=True)
        except OSError as error:
            self._host.close()
            self._log.close()
            raise CellError(str(error)) from error
        self._warm_by = time.monotonic() + _WARM_UP_S

    def is_decided(self) -> bool:
        """Tell whether it is known by now if the process becomes warm: `await_warm` does not wait then."""
        return time.monotonic() > self._warm_by or _wait_for(self._host.fileno(), 0)

    def await_warm(self, is_closing: Callable[[], bool]) -> None:
        """Wait until cells can be made.

        Raises:
            CellError: they never will; the process was ended.
        """
        try:
            self._await_word(is_closing)
            self._look_at_it()
        except (channel.ProtocolError, OSError, CellError) as error:
            words = self._log.read() or str(error)
            self._stop()
            raise CellError(words) from error

    def make(self) -> Cell:
        """Return a cell; any thread may call.

        Raises:
            CellError: the zygote is dead, stuck or retired, or what it forked is not locked down.
        """
        try:
            return make_cell(self._start, timeout_s=_FORK_S, siblings=[self.pid])
        except (channel.ProtocolError, OSError) as error:
            raise CellError(self._last_words() or str(error)) from error

    def is_dead(self) -> bool:
        """Tell whether the process is gone."""
        with self._lock:
            return self._pidfd < 0 or _wait_for(self._pidfd, 0)

    @property
    def resident_bytes(self) -> int:
        """Memory that the process holds; its forks share most of it."""
        return watchdog.resident_bytes(self.pid)

    def retire(self) -> None:
        """Make no more cells, and end with the last one that lives."""
        with self._lock:
            self._is_retired = True
            is_last = self._cells == 0
        if is_last:
            self._stop()

    def is_stopped(self) -> bool:
        """Tell whether the process was ended and given back."""
        with self._lock:
            return self._host.fileno() < 0

    def kill(self) -> None:
        """End the process and every cell of it at once."""
        self._process.kill()

    def _start(self, cell: Cell, theirs: CellSockets) -> None:
        with self._lock:
            if self._is_retired:
                msg = "the zygote is retired"
                raise CellError(msg)
            self._cells += 1
            self.forks += 1
        cell.release = self._forget
        channel.send(self._host, self._recipe.spec(), [theirs.control.fileno(), *theirs.of_the_run])

    def _forget(self) -> None:
        """Count out a cell that was closed."""
        with self._lock:
            self._cells -= 1
            is_last = self._is_retired and self._cells == 0
        if is_last:
            self._stop()

    def _await_word(self, is_closing: Callable[[], bool]) -> None:
        while not _wait_for(self._host.fileno(), _LOOK_S):
            if is_closing() or time.monotonic() > self._warm_by:
                msg = f"it was not warm after {_WARM_UP_S:g} s"
                raise CellError(msg)

    def _look_at_it(self) -> None:
        self._host.settimeout(_FORK_S)
        _, (self._pidfd,) = channel.receive(self._host, descriptors=1)
        self.pid = pid_of(self._pidfd)
        self._first_pidfd = os.pidfd_open(boundary.parent(self.pid))
        threads = len(list(Path(f"/proc/{self.pid}/task").iterdir()))
        shared = boundary.shared_memory(self.pid)
        if threads > 1 or shared:
            msg = f"it has {threads} threads and {len(shared)} areas of shared memory, and may have 1 and 0"
            raise CellError(msg)

    def _last_words(self) -> str:
        with self._lock:
            return "" if self._host.fileno() < 0 else self._log.read()

    def _stop(self) -> None:
        """End bubblewrap and, with the first process of its pid namespace, all others in there."""
        self._process.kill()
        self._process.wait()
        with self._lock:
            if self._host.fileno() < 0:
                return
            for pidfd in (self._first_pidfd, self._pidfd):
                if pidfd >= 0:
                    _wait_for(pidfd, _STOP_S)
                    os.close(pidfd)
            self._pidfd = -1
            self._host.close()
            self._log.close()


def _wait_for(descriptor: int, timeout_s: float) -> bool:
    """Wait until a process behind a pidfd is dead, or a socket can be read."""
    waiting = poll()
    waiting.register(descriptor, POLLIN)  # by default also for writing, which a socket is always ready for
    return bool(waiting.poll(timeout_s * 1000))
