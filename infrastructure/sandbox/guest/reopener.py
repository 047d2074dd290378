"""Reopen files of the host through a read-only view of its file system.

Runs inside bubblewrap with everything mounted read-only, and never sees user
code. A descriptor opened here can be read, and nothing can be done to the file
through it, not even by a process of the file's owner.
"""

import os
import socket
import sys

import frames


def main() -> None:
    """Answer requests on the socket whose number is the only argument, until the host is gone."""
    host = socket.socket(fileno=int(sys.argv[1]))
    while True:
        try:
            request, _ = frames.receive(host)
        except EOFError:
            return
        answer(host, request)


def answer(host: socket.socket, request: dict[str, object]) -> None:
    """Send a descriptor of the file at `path`, or the reason why not."""
    try:
        fd = os.open(str(request["path"]), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        frames.send(host, {"problem": str(error.strerror)})
        return
    frames.send(host, {}, (fd,))
    os.close(fd)


if __name__ == "__main__":
    main()
