"""Make one locked-down process and report how it ended: as a program, or forked from the zygote.

The supervisor runs no user code. The process that it forks is the first one of a
pid namespace of its own: when it ends, the kernel ends all others of the run.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import frames
import lockdown

CopyPages = Callable[[socket.socket], object]

_CHANNEL_FD = 3
_SETUP_FAILED = 97


def main() -> None:
    """Serve the host on the socket whose number is the only argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    spec, descriptors = frames.receive(control)
    supervise(control, spec, descriptors, copy_pages=lambda _: None)


def supervise(
    control: socket.socket, spec: dict[str, Any], descriptors: list[int], copy_pages: CopyPages
) -> None:
    """Fork the locked-down process; `descriptors` are its channel, stdout and stderr.

    There, `copy_pages` is called when the host asks for it, since no code runs anywhere. It is
    to return when something arrives at the channel.
    """
    lockdown.enter_namespaces(user_namespace=spec["user_namespace"])
    child = os.fork()
    if child == 0:
        _become_run(control, spec, descriptors, copy_pages)
    for descriptor in descriptors:
        os.close(descriptor)
    pidfd = os.pidfd_open(child)
    frames.send(control, {"started": child}, (pidfd,))
    _kill_when_host_dies(control, child, pidfd)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        frames.send(control, {"status": status})


def _kill_when_host_dies(control: socket.socket, child: int, pidfd: int) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(pidfd, select.POLLIN)
    ready = dict(poll.poll())
    if pidfd not in ready:
        os.kill(child, signal.SIGKILL)


def _become_run(
    control: socket.socket, spec: dict[str, Any], descriptors: list[int], copy_pages: CopyPages
) -> NoReturn:
    try:
        control.close()
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
