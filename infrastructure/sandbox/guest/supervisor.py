"""Make locked-down processes and report how they ended: as a program that makes one, or in the zygote.

A supervisor runs no user code. Each process that it forks is the first one of a
pid namespace of its own: when it ends, the kernel ends all others of the run.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import frames
import lockdown
import namespaces

CopyPages = Callable[[socket.socket], object]

_CHANNEL_FD = 3
_SETUP_FAILED = 97


def main() -> None:
    """Make one process for the host, on the socket whose number is the only argument, and see to its end."""
    control = socket.socket(fileno=int(sys.argv[1]))
    supervisor = Supervisor(copy_pages=lambda _: None)
    supervisor.make(control, *frames.receive(control))
    while supervisor.is_busy():
        supervisor.attend()


@dataclass(frozen=True)
class _Made:
    """A process, and the host's socket for it."""

    control: socket.socket
    pid: int
    pidfd: int


class Supervisor:
    """Makes processes, and attends to what happens to them and to the sockets that it listens to.

    In each process `copy_pages` is called when the host asks for it, since no code runs anywhere.
    It is to return when something arrives at the channel.
    """

    def __init__(self, copy_pages: CopyPages) -> None:
        self._copy_pages = copy_pages
        self._poll = select.poll()
        self._actions: dict[int, Callable[[], object]] = {}
        self._made: set[int] = set()

    def is_busy(self) -> bool:
        """Tell whether any process is left."""
        return bool(self._made)

    def listen(self, source: socket.socket, act: Callable[[], object]) -> None:
        """Have `act` called whenever there is something to receive, or nothing ever again."""
        self._watch(source.fileno(), act)

    def attend(self) -> None:
        """Wait until something happens, and see to one thing."""
        (descriptor, _), *_others = self._poll.poll()  # whose descriptors may be others by then
        self._actions[descriptor]()

    def make(self, control: socket.socket, spec: dict[str, Any], descriptors: list[int]) -> None:
        """Fork a locked-down process; `descriptors` are its channel, stdout and stderr.

        Raises:
            OSError: the kernel refuses, or the host is gone.
        """
        become = partial(_become_run, spec, descriptors, self._copy_pages)
        try:
            child = namespaces.fork(become, user_namespace=spec["user_namespace"])
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        made = _Made(control, child, os.pidfd_open(child))
        self._made.add(child)
        self._watch(made.pidfd, lambda: self._bury(made))
        self._watch(control.fileno(), lambda: self._kill(made))
        with suppress(OSError):
            frames.send(control, {"started": child}, (made.pidfd,))

    def _watch(self, descriptor: int, act: Callable[[], object]) -> None:
        self._poll.register(descriptor, select.POLLIN)
        self._actions[descriptor] = act

    def _forget(self, descriptor: int) -> None:
        if self._actions.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def _kill(self, made: _Made) -> None:
        """End a process whose host is gone, or wants it no more."""
        self._forget(made.control.fileno())
        os.kill(made.pid, signal.SIGKILL)

    def _bury(self, made: _Made) -> None:
        """Tell the host how a process ended."""
        _, status = os.waitpid(made.pid, 0)
        with suppress(OSError):
            frames.send(made.control, {"status": status})
        self._forget(made.pidfd)
        self._forget(made.control.fileno())
        self._made.remove(made.pid)
        made.control.close()
        os.close(made.pidfd)


def _become_run(spec: dict[str, Any], descriptors: list[int], copy_pages: CopyPages) -> NoReturn:
    try:
        lockdown.lock_down(spec)
        channel = _keep_only(*descriptors)
        import runner  # noqa: PLC0415 - its imports are not needed to lock down, nor trusted to

        with runner.prepare() as listener:
            work = os.open("/work", os.O_RDONLY | os.O_DIRECTORY)
            frames.send(channel, {"ready": True}, (work, listener.fileno()))
            os.close(work)
        job, code = _await_code(channel, copy_pages)
        frames.send(channel, {"has_code": True})
        channel.close()
    except EOFError:
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - whatever it is, this process must not go on
        os.write(2, f"lock-down failed: {error}\n".encode())
        os._exit(_SETUP_FAILED)
    runner.run(job, code)


def _await_code(channel: socket.socket, copy_pages: CopyPages) -> tuple[dict[str, Any], int]:
    """Return the job and the descriptor of its code; a message without one asks for the pages."""
    while True:
        job, descriptors = frames.receive(channel)
        if descriptors:
            (code,) = descriptors
            return job, code
        copy_pages(channel)


def _keep_only(channel: int, stdout: int, stderr: int) -> socket.socket:
    """Arrange descriptors 0 to 3 and close all others, whatever number they have."""
    null = os.open("/dev/null", os.O_RDONLY)
    for number, source in enumerate(os.dup(fd) for fd in (null, stdout, stderr, channel)):
        os.dup2(source, number, inheritable=number < _CHANNEL_FD)
    lockdown.close_all_but(*range(_CHANNEL_FD + 1))
    return socket.socket(fileno=_CHANNEL_FD)


if __name__ == "__main__":
    main()
