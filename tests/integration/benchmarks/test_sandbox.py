"""The sandbox's benchmark in its short form; a busy machine's figures prove nothing, so none is asserted."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.page import PAGE, BenchmarkError
from benchmarks.sandbox import __main__ as program
from benchmarks.sandbox import report
from benchmarks.sandbox.contest import Times, compete
from benchmarks.sandbox.crowd import Crowd, CrowdRun
from benchmarks.sandbox.entrants import BWRAP, PLAIN, SAVING, UNSAVED
from benchmarks.sandbox.goals import goals
from benchmarks.sandbox.imports import OWN_INDEX
from benchmarks.sandbox.jobs import HELLO, Job
from benchmarks.sandbox.processor_time import processor_s


class Speaker:
    """A way that prints the same for every job."""

    def __init__(self, words: str) -> None:
        self._words = words

    def run(self, job: Job) -> str:
        """Print."""
        return self._words

    def finish(self, job: Job) -> bytes:
        """Have made no picture."""
        return b""


def test_the_short_form_reports_every_way_that_needs_no_installation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One round for real: the same results each way, a row for each, and each goal with its verdict."""
    assert program.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    rows = {line.split(" | ")[0].lstrip("| ") for line in printed.splitlines() if line.startswith("| ")}
    assert {PLAIN, BWRAP, UNSAVED, SAVING} <= rows
    assert {OWN_INDEX, "hello : nsjail"} <= rows
    assert "4 runs of 2 users at once" in printed
    assert "| hello : nsjail | 0.27 | - | not measured |" in printed
    assert printed.count("| met |") + printed.count("| missed |") >= 5


def test_ways_that_come_to_different_results_end_the_benchmark() -> None:
    """A way that is quick because it does something else is no winner."""
    with pytest.raises(BenchmarkError, match="'bye'"):
        compete({"one": Speaker("hello"), "another": Speaker("bye")}, [HELLO], 1)


def test_a_first_run_counts_as_pushed_back_only_by_a_second_that_got_its_turn_meanwhile() -> None:
    """Bob waits while Ann's second run gets its turn; Cid is asked for after that, and waits for nobody."""
    runs = (
        CrowdRun("ann", asked_s=0.0, turn_s=0.0, began_s=0.0, ended_s=1.0),
        CrowdRun("ann", asked_s=0.0, turn_s=1.0, began_s=1.1, ended_s=2.0),
        CrowdRun("bob", asked_s=0.5, turn_s=2.0, began_s=2.1, ended_s=3.0),
        CrowdRun("cid", asked_s=1.5, turn_s=3.0, began_s=3.0, ended_s=4.0),
    )
    crowd = Crowd(runs, single_s=1.0, processor_s=1.25, cores=2)
    assert {wait.run.user_id: wait.behind for wait in crowd.first_waits()} == {
        "ann": (),
        "bob": ("ann",),
        "cid": (),
    }
    assert (crowd.wall_s, crowd.ideal_s, crowd.ratio) == (4.0, 2.0, 2.0)
    assert (crowd.work_s, crowd.work_ratio) == (2.5, 1.6)
    assert [goal.verdict for goal in goals(Times(), {}, [crowd], [])][-3:] == ["missed", "missed", "missed"]
    shared = Crowd(runs, single_s=1.0, processor_s=1.25, cores=2, slowdown=1.25)
    assert (shared.ideal_s, shared.ratio) == (2.5, 1.6)
    assert "it took 1.60 times that (2.00 times what cores" in report.crowd_lines([shared], HELLO)


def test_work_of_processes_that_have_ended_is_counted() -> None:
    """What a process of a process used counts, when both are gone as well."""
    before_s = processor_s()
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run(["sh", "-c", '"$0" -c "$1"; true', sys.executable, busy], check=True)
    assert 0.25 < processor_s() - before_s < 5


def test_a_report_replaces_what_stands_between_the_markers_of_its_page(tmp_path: Path) -> None:
    """The words around the markers stay; a page without them is refused."""
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    for text in ("one report", "another report"):
        report.write(text, page)
    written = page.read_text(encoding="utf-8")
    assert "another report" in written
    assert "one report" not in written
    assert written.startswith("# Benchmarks")
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="markers"):
        report.write("third", page)
