"""`make bench-files`: how fast `load_file` opens tables, beside the default reader of pandas.

`--quick` reads small files once or twice; `--write` puts the table into docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from application.ports.sandbox import GrantedFile, RunRequest
from benchmarks.files.race import (
    CONTESTS,
    FIRST,
    FIRST_LOADS,
    FIRST_ROUNDS,
    LARGER_THAN_MEMORY,
    MOST_ADDED_MS,
    Contest,
    code,
)
from domain.file_types import HEAD_BYTES, identify
from domain.files import LedgerFile
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.config import SandboxConfig

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
PYTHON = ROOT / ".venv-sandbox" / "bin" / "python"
_BEGIN, _END = "<!-- bench-files: begin -->", "<!-- bench-files: end -->"
_HUGE_BYTES = 1 << 30
_COPIES_BYTES = 512 << 20


class Host:
    """Grants the files of a folder by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> tuple[LedgerFile, ...]:
        """Return none: nothing asks."""
        return ()

    def open_file(self, reference: str) -> GrantedFile | None:
        """Open a file of the folder."""
        content = (self._folder / reference).open("rb")
        kind = identify(reference, content.read(HEAD_BYTES))
        content.seek(0)
        return GrantedFile(reference, reference, kind, content)

    def keep_output(self, name: str, content: object) -> str | None:
        """Keep nothing."""

    def show_output(self, stream: str, text: str) -> None:
        """Show nothing."""

    def show_progress(self, text: str) -> None:
        """Show nothing."""

    def cancelled_by(self) -> str:
        """Return that nobody cancels."""
        return ""


@dataclass(frozen=True)
class Result:
    """What came of a contest: medians in milliseconds, and the first load of the run."""

    contest: Contest
    first_ms: float
    ours_ms: float
    theirs_ms: float

    @property
    def times(self) -> float:
        """How many times faster `load_file` is."""
        return self.theirs_ms / self.ours_ms

    @property
    def row(self) -> str:
        """A row of the table."""
        verdict = "met" if self.times >= self.contest.goal else "missed"
        figures = f"{self.ours_ms:,.1f} | {self.theirs_ms:,.1f} | {self.times:.2f} | {self.contest.goal:g}"
        return f"| {self.contest.words} | {figures} | {verdict} | {self.first_ms:,.1f} |"


def _run(sandbox: BubblewrapSandbox, folder: Path, program: str) -> str:
    result = sandbox.run(RunRequest("bench", "bench", program, 600.0), Host(folder))  # type: ignore[arg-type]
    if result.exit_code != 0:
        sys.exit(f"a run failed: {result.stderr[-2000:]} {result.explanation}")
    return result.stdout


def _results(sandbox: BubblewrapSandbox, folder: Path, contests: list[Contest]) -> Iterator[Result]:
    for contest in contests:
        found = json.loads(_run(sandbox, folder, code(contest)).splitlines()[-1])
        ours, theirs = (1000 * statistics.median(found[name]) for name in ("ours_s", "theirs_s"))
        result = Result(contest, 1000 * found["first_s"], ours, theirs)
        print(result.row, file=sys.stderr, flush=True)
        yield result


def _added(sandbox: BubblewrapSandbox, folder: Path, rounds: int) -> str:
    """Return what the first load of a run adds to the library's own call, each in runs of its own."""
    seconds = [
        [float(_run(sandbox, folder, FIRST.format(call=call))) for call in FIRST_LOADS] for _ in range(rounds)
    ]
    ours, theirs = (1000 * statistics.median(each) for each in zip(*seconds, strict=True))
    verdict = "met" if ours - theirs <= MOST_ADDED_MS else "missed"
    print(f"first: {ours:.1f} {theirs:.1f}", file=sys.stderr, flush=True)
    return (
        f"The first load of a run, {rounds} runs each in turns: `{FIRST_LOADS[0]}` takes {ours:.1f} ms, "
        f"`{FIRST_LOADS[1]}` {theirs:.1f} ms: {ours - theirs:.1f} ms more, of at most {MOST_ADDED_MS:g}: "
        f"{verdict}."
    )


def _write_huge(folder: Path) -> None:
    """Write a CSV file of a gigabyte: the large one again and again."""
    header, _, rows = (folder / "large.csv").read_bytes().partition(b"\n")
    with (folder / "huge.csv").open("wb") as file:
        file.write(header + b"\n")
        while file.tell() < _HUGE_BYTES:
            file.write(rows)


def report(folder: Path, *, quick: bool) -> str:
    """Return the report in Markdown."""
    subprocess.run(
        [str(PYTHON), str(Path(__file__).parent / "samples.py"), str(folder), "0.02" if quick else "1"],
        check=True,
    )
    contests = [replace(each, rounds=2) for each in CONTESTS] if quick else list(CONTESTS)
    settings = SandboxConfig(
        python=PYTHON, state_folder=folder / "state", memory_mb=6144, disk_bytes=_COPIES_BYTES
    )
    (folder / "state").mkdir()
    sandbox = BubblewrapSandbox(settings, None)
    try:
        sandbox.warm()
        rows = [result.row for result in _results(sandbox, folder, contests)]
        added = _added(sandbox, folder, 2 if quick else FIRST_ROUNDS)
    finally:
        sandbox.close()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    lines = [
        f"{machine}; medians of turns, one run a file; frames are equal in each turn.",
        "",
        "| file | load_file ms | pandas ms | times | goal | | first load of a run ms |",
        "| --- | --: | --: | --: | --: | --- | --: |",
        *rows,
        "",
        added,
    ]
    return "\n".join(lines + ([] if quick else ["", *_huge(folder)]))


def _huge(folder: Path) -> list[str]:
    """Return what a run with the usual memory says of a CSV file of a gigabyte."""
    _write_huge(folder)
    sandbox = BubblewrapSandbox(SandboxConfig(python=PYTHON, state_folder=folder / "state"), None)
    try:
        said = _run(sandbox, folder, LARGER_THAN_MEMORY)
    finally:
        sandbox.close()
    return ["A CSV file of 1 GB, in a run with the usual 1,024 MB:", "", "```", said.rstrip(), "```"]


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=".bench-files-", dir=ROOT) as folder:
        Path(folder).chmod(0o755)
        found = report(Path(folder), quick=arguments.quick)
    print(found)
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(_BEGIN)
        PAGE.write_text(f"{before}{_BEGIN}\n{found}\n{_END}{rest.partition(_END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
