import time
from collections.abc import Generator
from threading import Event

import pytest

from application.listening import listen
from application.model import ModelUnreachableError, Piece, Reply, TextDelta


def reply(*texts: str) -> Generator[Piece, None, None]:
    """Yield a reply."""
    for text in texts:
        yield TextDelta(text)
    yield Reply("".join(texts))


def test_every_piece_is_heard_in_order() -> None:
    """Nothing is lost between the threads."""
    texts = [str(number) for number in range(200)]
    heard = list(listen(reply(*texts), lambda: False))

    assert heard == [*(TextDelta(text) for text in texts), Reply("".join(texts))]


def test_a_fault_is_raised_where_it_is_listened_to() -> None:
    """After what was said before it."""

    def broken() -> Generator[Piece, None, None]:
        yield TextDelta("half")
        msg = "gone"
        raise ModelUnreachableError(msg)

    pieces = listen(broken(), lambda: False)
    assert next(pieces) == TextDelta("half")
    with pytest.raises(ModelUnreachableError, match="gone"):
        next(pieces)


def test_a_silent_reply_can_be_left_at_once() -> None:
    """Who leaves does not wait for the server; the request ends when something comes."""
    speaks, closed = Event(), Event()

    def silent() -> Generator[Piece, None, None]:
        try:
            speaks.wait(10)
            yield TextDelta("too late")
        finally:
            closed.set()

    began = time.monotonic()
    assert not list(listen(silent(), lambda: True))
    assert time.monotonic() - began < 2
    assert not closed.is_set()
    speaks.set()
    assert closed.wait(5)
