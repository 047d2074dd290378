"""The page with the figures, and the line that says where they come from."""

import os
import platform
from collections.abc import Iterable, Sequence
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


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, all columns but the first aligned to the right."""
    ruler = ["---"] + ["--:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *rows))


def describe_host() -> str:
    """Return processor, cores and kernel."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    processor = next(names, platform.machine())
    return f"{processor}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}"


def load() -> str:
    """Return how many processes wanted a core during the last minute, on average."""
    return f"{os.getloadavg()[0]:.1f}"
