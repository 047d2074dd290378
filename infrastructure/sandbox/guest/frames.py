"""Messages between this side and the host: one JSON object a packet, with file descriptors beside it."""

import array
import json
import socket
from typing import Any

MAX_FRAME_BYTES = 64 * 1024
MAX_DESCRIPTORS = 8


def send(channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send one message; the descriptors are copied to the other side."""
    passed = array.array("i", descriptors)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)] if descriptors else []
    channel.sendmsg([json.dumps(message).encode()], rights)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for one message and return it with the descriptors that came along.

    Raises:
        EOFError: the other side is gone.
    """
    space = socket.CMSG_SPACE(MAX_DESCRIPTORS * array.array("i").itemsize)
    packet, rights, _, _ = channel.recvmsg(MAX_FRAME_BYTES, space, socket.MSG_CMSG_CLOEXEC)
    if not packet:
        raise EOFError
    descriptors = array.array("i")
    for _, _, data in rights:
        descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return json.loads(packet), list(descriptors)
