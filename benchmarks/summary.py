"""One table of all goals, read from the pages that the benchmarks write: nothing is kept twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks.page import PAGE, Goal, put, section_of, table

SECTION = "summary"
DISCORD_PAGE, SOAK_PAGE = (PAGE.with_name(name) for name in ("discord.md", "soak.md"))
ENVIRONMENT = PAGE.parents[1] / ".venv-sandbox"
_VERDICTS = {"met": True, "missed": False}


@dataclass(frozen=True)
class Source:
    """Where a benchmark writes, and what measures it."""

    section: str
    page: Path
    command: str


SOURCES = (
    Source("bench-sandbox", PAGE, "make bench-sandbox"),
    Source("bench-replay", PAGE, "make bench-replay"),
    Source("bench-files", PAGE, "make bench-files"),
    Source("bench-load", PAGE, "make bench-load"),
    Source("chat-load", DISCORD_PAGE, "make chat-load"),
    Source("soak", SOAK_PAGE, "make soak"),
)


@dataclass(frozen=True)
class Tested:
    """A promise that the tests at `where` hold the program to, whenever they run."""

    words: str
    wanted: str
    where: str

    @property
    def row(self) -> list[str]:
        """Its row in the table."""
        return [self.words, self.wanted, "", "tested", f"`{self.where}`"]


TESTED = (
    Tested("attacks on the sandbox that get through", "0", "tests/e2e/attacks"),
    Tested("extensions that load, values checked", ">= 250", "tests/integration/loaders/test_samples.py"),
    Tested("fail-over between two bots, s", "<= 10", "tests/e2e/test_two_bots.py"),
)
ENVIRONMENT_MB = 900


def write(page: Path = PAGE) -> str:
    """Write the table of all goals onto the page, and return it.

    Raises:
        BenchmarkError: a page lacks the markers of a benchmark.
    """
    rows = [
        _row(goal, f"`{source.command}`")
        for source in SOURCES
        for goal in goals_of(section_of(source.section, source.page)) or [_unmeasured(source)]
    ]
    rows.append(_row(_environment(), ""))
    rows += [tested.row for tested in TESTED]
    verdicts = ("met", "missed", "not measured", "tested")
    counts = [f"{sum(row[3] == verdict for row in rows)} {verdict}" for verdict in verdicts]
    text = f"{', '.join(counts)}.\n\n{table(['goal', 'wanted', 'here', '', 'measured by'], rows)}"
    put(SECTION, text, page)
    return text


def _row(goal: Goal, measured_by: str) -> list[str]:
    return [goal.words, goal.wanted, goal.here, goal.verdict, measured_by]


def _environment() -> Goal:
    """Return how large the environment of users' code is here."""
    size_mb = sum(path.lstat().st_size for path in ENVIRONMENT.rglob("*")) / 1e6
    words = "size of the code environment, MB"
    return Goal(words, f"<= {ENVIRONMENT_MB}", f"{size_mb:.0f}", size_mb <= ENVIRONMENT_MB)


def goals_of(text: str) -> Sequence[Goal]:
    """Return the goals of every table that has a column `goal`."""
    tables = groupby(text.splitlines(), key=lambda line: line.startswith("|"))
    rows = ([_cells(line) for line in lines] for is_table, lines in tables if is_table)
    return [goal for each in rows for goal in _goals(each)]


def _goals(rows: list[list[str]]) -> Iterator[Goal]:
    """Yield the goals of a table that has one a row: its first column is `goal`, or what was raced over."""
    header, *body = rows
    if "goal" not in header:
        return
    for row in body[1:]:
        cells = dict(zip(header, row, strict=True))
        verdict = row[header.index("goal") + 1] if header[0] != "goal" else row[-1]
        if header[0] == "goal":
            wanted = cells.get("wanted") or f"<= {cells['at most']}"
            yield Goal(cells["goal"], wanted, cells["here"], _VERDICTS.get(verdict))
        else:
            words = f"{row[0]}: speed of load_file : pandas"
            yield Goal(words, f">= {cells['goal']}", cells["times"], _VERDICTS.get(verdict))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _unmeasured(source: Source) -> Goal:
    return Goal(f"all of {source.section}", "-", "-", None)
