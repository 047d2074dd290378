"""What the database says against what the journal witnessed, event by event."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from infrastructure.journal.lines import Entry
from infrastructure.ledger.recorder import RawEvent


class Difference(StrEnum):
    """How database and journal can differ on an event."""

    GONE = "gone"
    ALTERED = "altered"
    UNWITNESSED = "unwitnessed"


@dataclass
class Run:
    """Successive events of one ledger that differ in the same way; `first` and `last` are versions."""

    difference: Difference
    ledger: str
    first: int | None
    last: int | None

    @property
    def detail(self) -> str:
        """What is wrong, in words."""
        one = self.first == self.last
        events = f"event {self.first}" if one else f"events {self.first} to {self.last}"
        verb = "is" if one else "are"
        match self.difference:
            case Difference.GONE:
                return f"{events} {verb} gone from the database; the journal has {'it' if one else 'them'}"
            case Difference.ALTERED:
                return f"{events} {verb} not what the journal witnessed"
            case Difference.UNWITNESSED:
                return f"{events} {'has' if one else 'have'} no sound line in the journal"


def compare(rows: Iterable[RawEvent], entries: Iterable[Entry]) -> list[Run]:
    """Return the differences up to the journal's end, both sides given in the order of positions."""
    runs: list[Run] = []
    newest: dict[tuple[Difference, str], Run] = {}
    for difference, ledger, version in _differences(iter(rows), iter(entries)):
        run = newest.get((difference, ledger))
        if run is not None and None not in {run.last, version} and version == (run.last or 0) + 1:
            run.last = version
            continue
        run = newest[difference, ledger] = Run(difference, ledger, version, version)
        runs.append(run)
    return runs


def _differences(
    rows: Iterator[RawEvent], entries: Iterator[Entry]
) -> Iterator[tuple[Difference, str, int | None]]:
    row, entry = next(rows, None), next(entries, None)
    while entry is not None:
        if row is None or entry.position < row.position:
            yield Difference.GONE, entry.ledger, entry.version
            entry = next(entries, None)
        elif row.position < entry.position:
            version = row.version if isinstance(row.version, int) else None
            yield Difference.UNWITNESSED, (row.ledger or b"").decode("ascii", "backslashreplace"), version
            row = next(rows, None)
        else:
            if not _is_same(row, entry):
                yield Difference.ALTERED, entry.ledger, entry.version
            row, entry = next(rows, None), next(entries, None)


def _is_same(row: RawEvent, entry: Entry) -> bool:
    return (row.ledger, row.version, row.topic, row.state, row.digest) == (
        entry.ledger.encode(),
        entry.version,
        entry.topic.encode(),
        entry.state.encode(),
        bytes.fromhex(entry.digest),
    )
