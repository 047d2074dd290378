"""Cells: locked-down processes that wait for code, and the handles on them."""

import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from select import poll
from typing import Protocol

from infrastructure.sandbox import boundary, channel, processes
from infrastructure.sandbox.recipe import CellError

_STOP_S = 0.2  # on a busy machine a stop waits until the process is on a processor

__all__ = ["Cell", "CellError", "CellMaker", "CellSockets", "UnstartedError", "make_cell"]


class UnstartedError(CellError):
    """A cell ended before it had its code, so that the code may be run in another one."""


@dataclass
class Cell:
    """One locked-down process, first of its pid namespace, and every handle on it.

    `channel` starts it, and `listener` hears what its code asks for; `control`
    belongs to the supervisor beside it, which reports the kernel's word on how it ended.
    `release` tells its maker that it is gone.
    """

    control: socket.socket
    channel: socket.socket
    stdout: int
    stderr: int
    release: Callable[[], None] = lambda: None
    pidfd: int = -1
    pid: int = 0
    work: int = -1
    listener: socket.socket | None = None
    has_pages: bool = False

    def copy_pages(self) -> None:
        """Have the process copy now, until code arrives, what of its maker's memory it will write to.

        See `guest/copied_pages.py`. Nothing is lost with one that is dead.
        """
        self.has_pages = True
        with suppress(channel.ProtocolError):
            channel.send(self.channel, {"copy_pages": True})

    def start(self, code: str, cpu_s: int) -> None:
        """Send the code; it runs at once.

        Raises:
            UnstartedError: the process is gone, and nothing of the code has been run.
        """
        with os.fdopen(os.memfd_create("code"), "wb") as file:
            file.write(code.encode("utf-8", "surrogatepass"))
            file.flush()
            reading = os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY)
        try:
            channel.send(self.channel, {"cpu_s": cpu_s}, [reading])
            channel.receive(self.channel)
        except channel.ProtocolError as error:
            raise UnstartedError(str(error)) from error
        finally:
            os.close(reading)

    def kill(self) -> None:
        """Kill every process of the run: the kernel ends a pid namespace with its first process."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def put_to_rest(self) -> bool:
        """Kill the first process; True when it was alone, so that nothing will ever be done by any.

        It is stopped first, to be looked at, and killed at once: a timer or a
        socket that it has prepared could continue it. Who is to be killed does no
        more than the kernel's work of taking it down, and forks nobody.
        """
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGSTOP)
            is_alone = processes.comes_to_rest(self.pid, _STOP_S)
            self.kill()
            return is_alone and not processes.has_children(self.pid)
        except FileNotFoundError:
            return self.is_dead()
        except OSError:
            return False

    def is_dead(self, timeout_s: float = 0.0) -> bool:
        """Tell whether every process of the run is dead; waits for it as long as told."""
        waiting = poll()
        waiting.register(self.pidfd)
        return bool(waiting.poll(timeout_s * 1000))

    def await_death(self, timeout_s: float = 10.0) -> None:
        """Wait until every process of the run is dead.

        Raises:
            CellError: some live on.
        """
        if not self.is_dead(timeout_s):
            msg = f"process {self.pid} cannot be killed"
            raise CellError(msg)

    def wait(self, timeout_s: float = 10.0) -> int | None:
        """Wait until every process of the run is dead; return the wait status, None if unknown."""
        self.await_death(timeout_s)
        self.control.settimeout(timeout_s)
        try:
            return int(channel.receive(self.control)[0]["status"])
        except (channel.ProtocolError, KeyError, TypeError, ValueError):
            return None

    def close(self) -> None:
        """Kill what still lives and give every handle back."""
        if self.pidfd >= 0:
            self.kill()
        self.control.close()
        self.channel.close()
        if self.listener is not None:
            self.listener.close()
        self.release()
        for descriptor in (self.stdout, self.stderr, self.pidfd, self.work):
            if descriptor >= 0:
                os.close(descriptor)


class CellMaker(Protocol):
    """One way of getting cells."""

    def make(self) -> Cell:
        """Return a cell that has been seen, from outside, to be locked down.

        Raises:
            CellError: no boundary could be built.
        """


@dataclass(frozen=True)
class CellSockets:
    """The far ends of a cell's handles: the supervisor's, then the locked-down process's."""

    control: socket.socket
    channel: socket.socket
    stdout: int
    stderr: int

    @property
    def of_the_run(self) -> list[int]:
        """What the locked-down process gets."""
        return [self.channel.fileno(), self.stdout, self.stderr]


def make_cell(
    start: Callable[[Cell, CellSockets], None], *, timeout_s: float, siblings: Sequence[int] = ()
) -> Cell:
    """Have a supervisor started with the far ends of a new cell, and look at what comes of it.

    `siblings` are processes that the cell must have no namespace in common with.

    Raises:
        CellError: what came is not locked down.
        channel.ProtocolError: nothing came.
        OSError: the process is gone, or descriptors ran out.
    """
    with _sockets() as (cell, theirs):
        try:
            start(cell, theirs)
        except BaseException:
            cell.close()
            raise
    try:
        _await_lock_down(cell, timeout_s, siblings)
    except BaseException:
        cell.close()
        raise
    return cell


@contextmanager
def _sockets() -> Iterator[tuple[Cell, CellSockets]]:
    """Yield a cell that is nothing but its handles, and their far ends, which are closed afterwards."""
    control, their_control = channel.pair()
    requests, their_requests = channel.pair()
    out_reader, out_writer = os.pipe2(os.O_CLOEXEC)
    err_reader, err_writer = os.pipe2(os.O_CLOEXEC)
    for reader in (out_reader, err_reader):
        os.set_blocking(reader, False)
    with their_control, their_requests:
        try:
            yield (
                Cell(control, requests, out_reader, err_reader),
                CellSockets(their_control, their_requests, out_writer, err_writer),
            )
        finally:
            os.close(out_writer)
            os.close(err_writer)


def _await_lock_down(cell: Cell, timeout_s: float, siblings: Sequence[int]) -> None:
    for end in (cell.control, cell.channel):
        end.settimeout(timeout_s)
    _, (cell.pidfd,) = channel.receive(cell.control, descriptors=1)
    _, (cell.work, listener) = channel.receive(cell.channel, descriptors=2)
    cell.listener = socket.socket(fileno=listener)
    cell.listener.settimeout(0)
    cell.pid = pid_of(cell.pidfd)
    missing = boundary.weaknesses(cell.pid, siblings)
    if missing:
        msg = f"the locked-down process {', '.join(missing)}"
        raise CellError(msg)


def pid_of(pidfd: int) -> int:
    """Return the process id, in this process's pid namespace, behind a pidfd."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))
