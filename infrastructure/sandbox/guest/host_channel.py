"""The way to the host: every process of a run may ask, one question a connection.

The address is an abstract one, which belongs to the network namespace of the run:
nobody outside can reach it, there is no file to be removed, and nothing else in the
run can take it for as long as the host listens. See unix(7).
"""

import socket
from typing import Any

import frames

_ADDRESS = "\0host"
_MOST_WAITING = 16


class HostGoneError(RuntimeError):
    """The host answers no questions of this run, or none any longer."""


def listen() -> socket.socket:
    """Take the address, on behalf of the host: the socket goes to it, and is closed here."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(_ADDRESS)
    listener.listen(_MOST_WAITING)
    return listener


def ask(question: dict[str, Any], timeout_s: float | None = None) -> tuple[dict[str, Any], list[int]]:
    """Return the host's answer and the descriptors that came with it; any thread may ask.

    Raises:
        HostGoneError: there will be no answer, or there was none in time.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(timeout_s)  # whatever the code has set as the default
            connection.connect(_ADDRESS)
            frames.send(connection, question)
            return frames.receive(connection)
    except (EOFError, OSError) as error:
        msg = "The host no longer answers this run."
        raise HostGoneError(msg) from error
