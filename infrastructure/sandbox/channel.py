"""The host's end of a socket to the guest: bounded frames, with file descriptors beside them.

Whoever holds the other end may be hostile: a frame is one packet of limited size,
descriptors are accepted only where one is expected, and anything odd is an error.
"""

import array
import json
import os
import socket
from collections.abc import Sequence
from typing import Any, NoReturn

MAX_FRAME_BYTES = 64 * 1024


class ProtocolError(Exception):
    """The other side does not keep to the protocol, or is gone."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new channel: ours and theirs."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message.

    Raises:
        ProtocolError: the other side is gone, or does not read its messages.
    """
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    try:
        channel.sendmsg([json.dumps(message).encode()], rights)
    except OSError as error:
        msg = f"could not send to the guest: {error.strerror}"
        raise ProtocolError(msg) from error


def receive(channel: socket.socket, *, descriptors: int = 0) -> tuple[dict[str, Any], list[int]]:
    """Return the next message and exactly the expected number of descriptors.

    Raises:
        ProtocolError: end of file, timeout, too large, not a JSON object, or a
            different number of descriptors (which are closed).
    """
    space = socket.CMSG_SPACE(descriptors * array.array("i").itemsize) if descriptors else 0
    try:
        packet, rights, flags, _ = channel.recvmsg(MAX_FRAME_BYTES, space, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        msg = f"the guest does not answer: {error}"
        raise ProtocolError(msg) from error
    received = array.array("i")
    for _, _, data in rights:
        received.frombytes(data[: len(data) - len(data) % received.itemsize])
    try:
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(received) != descriptors:
            _refuse("a frame that is too large or carries other descriptors than expected")
        return _parse(packet), list(received)
    except ProtocolError:
        for descriptor in received:
            os.close(descriptor)
        raise


def _parse(packet: bytes) -> dict[str, Any]:
    if not packet:
        _refuse("the end of the stream")
    try:
        message = json.loads(packet)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        _refuse("a frame that is no JSON object")
    return message


def _refuse(what: str) -> NoReturn:
    msg = f"the guest sent {what}"
    raise ProtocolError(msg)
