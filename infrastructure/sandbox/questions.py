"""The host's end of what a run asks: one question a connection, and whoever connects is hostile.

Nothing here waits. A run that holds more connections than it may is not listened to
until it closes some, and harms nobody but itself.
"""

import array
import fcntl
import selectors
import socket
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from infrastructure.sandbox import channel

Reply = Callable[[dict[str, Any], Sequence[int]], None]
"""Sends the answer to one question, with descriptors; does nothing when nobody is there to hear it."""

Answer = Callable[[dict[str, Any], Reply], None]
"""Answers a question, at once or later; raises `channel.ProtocolError` for what is none."""


class Questions:
    """Takes the questions of one run from its listener."""

    def __init__(
        self, listener: socket.socket, selector: selectors.BaseSelector, *, at_once: int, in_all: int
    ) -> None:
        self._listener, self._selector = listener, selector
        self._at_once, self._left = at_once, in_all
        self._connections: set[socket.socket] = set()
        self._is_listening = False

    def serve(self, answer: Answer) -> None:
        """Listen; what the selector calls from now on are the callables registered with it."""
        self._answer = answer
        self._listen()

    def close(self) -> None:
        """Hear nothing more."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _listen(self) -> None:
        if not self._is_listening and self._left > 0 and len(self._connections) < self._at_once:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
            self._is_listening = True

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:  # descriptors ran out: this run is heard no longer
            self._left = 0
        else:
            self._left -= 1
            self._connections.add(connection)
            connection.settimeout(0)
            self._selector.register(connection, selectors.EVENT_READ, partial(self._hear, connection))
        if self._left <= 0 or len(self._connections) >= self._at_once:
            self._selector.unregister(self._listener)
            self._is_listening = False
        if self._left <= 0:
            self._listener.close()

    def _hear(self, connection: socket.socket) -> None:
        """Take the question; whatever comes after it is the end of the connection."""
        self._selector.modify(connection, selectors.EVENT_READ, partial(self._drop, connection))
        try:
            question, _ = channel.receive(connection)
            self._answer(question, partial(_reply, connection))
        except channel.ProtocolError:
            self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        """Close a connection; one whose answer is unread counts until the run ends.

        A descriptor on its way is the kernel's burden, and for an ordinary user
        there is a limit of them for all runs together: unix(7), ETOOMANYREFS.
        """
        self._selector.unregister(connection)
        if not _unread_bytes(connection):
            connection.close()
            self._connections.discard(connection)
            self._listen()


def _reply(connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    with suppress(channel.ProtocolError):
        channel.send(connection, message, descriptors)


def _unread_bytes(connection: socket.socket) -> int:
    """Return how much of what was sent the other side has not read: SIOCOUTQ, which is TIOCOUTQ."""
    unread = array.array("i", [0])
    fcntl.ioctl(connection, termios.TIOCOUTQ, unread)
    return unread[0]
