"""Makes logs long, as fast as can be: nothing of this is measured."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from benchmarks.replay.entrants import Entrant
from benchmarks.replay.stories import Told
from domain.events import LedgerEvent

TOLD_AT_A_TIME = 5_000


def fill(told: Told, events: int, groups: Sequence[Sequence[Entrant]]) -> None:
    """Tell so many events to all logs; those of a group store the same bytes.

    While one part is stored the next one is told and encoded.
    """
    storing: list[Future[None]] = []
    with ThreadPoolExecutor() as pool:
        for part in _parts(told.saves(events)):
            encoded = [(group, group[0].encode(part)) for group in groups if group]
            for each in storing:
                each.result()
            storing = [pool.submit(log.fill, stored) for group, stored in encoded for log in group]
        for each in storing:
            each.result()


def _parts(saves: Iterable[Sequence[LedgerEvent]]) -> Iterator[list[LedgerEvent]]:
    part: list[LedgerEvent] = []
    for pending in saves:
        part += pending
        if len(part) >= TOLD_AT_A_TIME:
            yield part
            part = []
    yield part
