"""Hearing a model out without being held up by it: who listens can leave while it is silent."""

from collections.abc import Callable, Generator
from contextlib import closing
from queue import Empty, Full, Queue
from threading import Event, Thread

from application.model import Piece, TextDelta

_LOOK_S = 0.1
_LEAVE_S = 0.3


def listen(
    pieces: Generator[Piece, None, None], is_left: Callable[[], object]
) -> Generator[Piece, None, None]:
    """Yield a reply's pieces as they come, and end early once `is_left`.

    A thread of its own reads them, as a read from a silent server cannot be broken
    off. It ends the request with the next piece, or the server's time-out.

    Raises:
        ModelError: see `LanguageModel.stream`.
    """
    reader = _Reader(pieces)
    reader.start()
    try:
        while True:
            try:
                heard = reader.heard.get(timeout=_LOOK_S)
            except Empty:
                heard = None
            # A complete reply is paid for, and taken even if nobody wants to go on after it.
            if (heard is None or isinstance(heard, TextDelta)) and is_left():
                return
            if isinstance(heard, BaseException):
                raise heard
            if isinstance(heard, _Over):
                return
            if heard is not None:
                yield heard
    finally:
        reader.leave()


class _Over:
    """The reply has ended."""


class _Reader(Thread):
    """Reads ahead by one piece; a process that ends does not wait for it."""

    def __init__(self, pieces: Generator[Piece, None, None]) -> None:
        super().__init__(name="model", daemon=True)
        self.heard: Queue[Piece | BaseException | _Over] = Queue(1)
        self._pieces, self._left = pieces, Event()

    def run(self) -> None:
        """Hand over every piece, and how it ended."""
        try:
            with closing(self._pieces):
                for piece in self._pieces:
                    if not self._hand_over(piece):
                        return
        except BaseException as error:  # noqa: BLE001 - raised where it is listened to
            self._hand_over(error)
        else:
            self._hand_over(_Over())

    def leave(self) -> None:
        """Hand over nothing more."""
        self._left.set()
        self.join(_LEAVE_S)

    def _hand_over(self, heard: Piece | BaseException | _Over) -> bool:
        while not self._left.is_set():
            try:
                self.heard.put(heard, timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False
