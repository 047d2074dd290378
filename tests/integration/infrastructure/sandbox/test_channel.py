import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from infrastructure.sandbox import channel

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Both ends of a channel, neither of which waits."""
    ours, theirs = channel.pair()
    with ours, theirs:
        ours.settimeout(0)
        theirs.settimeout(0)
        yield ours, theirs


def test_a_message_and_its_descriptors_arrive(ends: Ends) -> None:
    """What is sent is received, with descriptors that lead to the same files."""
    reader, writer = os.pipe()
    channel.send(ends[0], {"a": 1}, [writer])
    message, (received,) = channel.receive(ends[1], descriptors=1)
    os.write(received, b"x")
    assert (message, os.read(reader, 1)) == ({"a": 1}, b"x")
    for descriptor in (reader, writer, received):
        os.close(descriptor)


@pytest.mark.parametrize(
    "packet", [b"{", b"[]", b"1", b"\xff", b"[" * 50_000, b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_json_object_is_refused(ends: Ends, packet: bytes) -> None:
    """Anything but one object, nested and sized as JSON of people is, ends the conversation."""
    ends[1].send(packet)
    with pytest.raises(channel.ProtocolError, match="no JSON object"):
        channel.receive(ends[0])


def test_a_frame_over_the_limit_is_refused(ends: Ends) -> None:
    """A packet that does not fit is not taken in part."""
    ends[1].send(json.dumps({"a": "x" * channel.MAX_FRAME_BYTES}).encode())
    with pytest.raises(channel.ProtocolError, match="too large"):
        channel.receive(ends[0])


@pytest.mark.parametrize("sent", [0, 2])
def test_another_number_of_descriptors_is_refused_and_none_is_kept(ends: Ends, sent: int) -> None:
    """Descriptors that were not asked for do not stay open here."""
    channel.send(ends[1], {}, [0] * sent)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts, nothing else
    with pytest.raises(channel.ProtocolError, match="descriptors"):
        channel.receive(ends[0], descriptors=1)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_unwanted_descriptors_never_arrive(ends: Ends) -> None:
    """Where none is expected, the kernel drops what was attached."""
    channel.send(ends[1], {}, [0, 1])
    with pytest.raises(channel.ProtocolError, match="descriptors"):
        channel.receive(ends[0])


def test_a_closed_end_is_told(ends: Ends) -> None:
    """The end of the stream is an error like others."""
    ends[1].close()
    with pytest.raises(channel.ProtocolError):
        channel.receive(ends[0])


def test_a_reader_that_does_not_read_is_not_waited_for(ends: Ends) -> None:
    """Sending to a full socket is an error, not a wait."""
    with suppress(BlockingIOError):
        while True:
            ends[0].send(b"{}")
    with pytest.raises(channel.ProtocolError, match="could not send"):
        channel.send(ends[0], {"a": 1})
