"""The page with the figures, and the line that says where they come from."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


class BenchmarkError(Exception):
    """Nothing can be measured, or what was measured is worth nothing; the text says why."""


def put(section: str, text: str, page: Path = PAGE) -> None:
    """Put a text between the markers of a section of the page.

    Raises:
        BenchmarkError: the page has no such markers.
    """
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    content = page.read_text(encoding="utf-8")
    before, found_begin, rest = content.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        message = f"{page} lacks the markers {begin} and {end}"
        raise BenchmarkError(message)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def section_of(section: str, page: Path = PAGE) -> str:
    """Return what stands between the markers of a section of the page.

    Raises:
        BenchmarkError: the page has no such markers.
    """
    _, found_begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {section}: begin -->")
    text, found_end, _ = rest.partition(f"<!-- {section}: end -->")
    if not (found_begin and found_end):
        message = f"{page} lacks the markers of {section}"
        raise BenchmarkError(message)
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, all columns but the first aligned to the right."""
    ruler = ["---"] + ["--:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *rows))


@dataclass(frozen=True)
class Goal:
    """A promise in words; what is wanted and what was found, as text; `is_met` is None if not measured."""

    words: str
    wanted: str
    here: str
    is_met: bool | None

    @property
    def verdict(self) -> str:
        """Whether it is kept."""
        return {True: "met", False: "missed", None: "not measured"}[self.is_met]


def goals_table(goals: Iterable[Goal]) -> str:
    """Return a row for each goal."""
    return table(
        ["goal", "wanted", "here", ""], [[each.words, each.wanted, each.here, each.verdict] for each in goals]
    )


def describe_host() -> str:
    """Return processor, cores and kernel."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    processor = next(names, platform.machine())
    return f"{processor}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}"


def load() -> str:
    """Return how many processes wanted a core during the last minute, on average."""
    return f"{os.getloadavg()[0]:.1f}"
