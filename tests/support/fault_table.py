"""What the fault tests saw, as rows that many processes add to, and the table of docs/faults.md made of them.

`python -m tests.support.fault_table FILE` merges the rows of a file and writes the table into the page.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.page import describe_host, put

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "faults.md"
FILE_VARIABLE = "FILELEDGER_FAULT_TABLE"
HEADER = (
    "fault",
    "way through the house",
    "times",
    "acknowledged",
    "lost",
    "what the program says",
    "recovers",
)
LONGEST_SAYING = 160
_SCRATCH = re.compile(r"/[^\s()]*/pytest-of-[^\s()]*/")


@dataclass(frozen=True)
class Row:
    """A fault put into one way through the house so many times, and what came of it."""

    fault: str
    way: str
    times: int
    acknowledged: int
    lost: int
    says: str
    recovers: str

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the table's row, in Markdown."""
        numbers = (f"{self.times:,}", f"{self.acknowledged:,}", f"{self.lost:,}")
        return (self.fault, self.way, *numbers, self.says.replace("|", "\\|") or "–", self.recovers)


def record(
    fault: str, way: str, *, times: int = 1, acknowledged: int, lost: int = 0, says: str = "", recovers: str
) -> None:
    """Add a row to the file that FILELEDGER_FAULT_TABLE names; without it, do nothing.

    Args:
        fault: what was done to the program, such as "SIGKILL".
        way: the way through the house on which it was done, such as "upload".
        times: how often.
        acknowledged: how many deeds the program had said were done.
        lost: how many of these were gone afterwards.
        says: what the program said, if anything; the first line is kept, shortened.
        recovers: how all is well again: "by itself", or a command.
    """
    if (file := os.environ.get(FILE_VARIABLE)) is None:
        return
    row = Row(fault, way, times, acknowledged, lost, _shortened(says), recovers)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, json.dumps(asdict(row)).encode() + b"\n")  # one write: rows do not mix
    finally:
        os.close(descriptor)


def _shortened(saying: str) -> str:
    first = _SCRATCH.sub("…/", saying.strip().partition("\n")[0])
    return first if len(first) <= LONGEST_SAYING else f"{first[: LONGEST_SAYING - 1]}…"


def merged(rows: Iterable[Row]) -> list[Row]:
    """Return one row for each fault and way and recovery: numbers added, the first saying kept."""
    table: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key = (row.fault, row.way, row.recovers)
        so_far = table.get(key, replace(row, times=0, acknowledged=0, lost=0))
        table[key] = replace(
            so_far,
            times=so_far.times + row.times,
            acknowledged=so_far.acknowledged + row.acknowledged,
            lost=so_far.lost + row.lost,
            says=so_far.says or row.says,
        )
    return sorted(table.values(), key=lambda row: (row.fault.lower(), row.way, row.recovers))


def page_text(rows: Iterable[Row], *, machine: str, day: str) -> str:
    """Return the table in Markdown, under the line that says where and when."""
    table = merged(rows)
    ruler = ("---", "---", "--:", "--:", "--:", "---", "---")
    lines = [f"| {' | '.join(cells)} |" for cells in (HEADER, ruler, *(row.cells() for row in table))]
    faults, lost = sum(row.times for row in table), sum(row.lost for row in table)
    return "\n".join(
        (
            f"{faults:,} faults, acknowledged deeds lost: {lost:,} ({machine}; {day}).",
            "",
            *lines,
        )
    )


def rows_of(file: Path) -> list[Row]:
    """Return the rows of a file, as recorded."""
    return [Row(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    put(
        "faults",
        page_text(
            rows_of(Path(sys.argv[1])), machine=describe_host(), day=datetime.now(UTC).date().isoformat()
        ),
        PAGE,
    )
