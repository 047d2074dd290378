from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import summary
from benchmarks.__main__ import Part
from benchmarks.page import PAGE, Goal, goals_table

ROOT = PAGE.parents[1]
OLD_TABLES = """
| median of runs | hello ms |
| --- | --: |
| plain | 1.0 |

| goal | at most | here |  |
| --- | --: | --: | --: |
| hello : plain | 0.42 | 0.46 | missed |
| hello : nsjail | 0.27 | - | not measured |

| file | load_file ms | pandas ms | times | goal | | first load of a run ms |
| --- | --: | --: | --: | --: | --- | --: |
| CSV | 1.0 | 2.0 | 2.00 | 0.95 | met | 3.0 |
"""


def test_goals_are_read_back_from_the_tables_that_benchmarks_write() -> None:
    """Those of one goal a row, and those of things that are raced over; other tables are no goals."""
    made = [Goal("a start, s", "<= 3", "2.1", is_met=True), Goal("lost", "0", "4", is_met=False)]
    assert summary.goals_of(goals_table(made)) == made
    assert summary.goals_of(OLD_TABLES) == [
        Goal("hello : plain", "<= 0.42", "0.46", is_met=False),
        Goal("hello : nsjail", "<= 0.27", "-", is_met=None),
        Goal("CSV: speed of load_file : pandas", ">= 0.95", "2.00", is_met=True),
    ]


def test_every_benchmark_has_a_row_on_the_page_of_this_project(tmp_path: Path) -> None:
    """The committed pages have the markers of all benchmarks; one without goals is said to be unmeasured."""
    page = tmp_path / "benchmarks.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    written = summary.write(page)
    assert written in page.read_text(encoding="utf-8")
    assert all(f"| `{source.command}` |" in written for source in summary.SOURCES)


def test_what_tests_are_said_to_hold_is_where_the_table_says() -> None:
    """Every path of the table exists."""
    assert all((ROOT / tested.where).exists() for tested in summary.TESTED)


def test_a_part_that_fails_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named in the end, and the exit code tells."""
    parts = [Part("benchmarks.nothing_of_that_name", 1), Part("benchmarks.nor_of_this", 1)]
    assert program.main(["--quick"], parts) == 1
    told = capsys.readouterr().err
    assert "benchmarks.nothing_of_that_name has no result" in told
    assert "benchmarks.nor_of_this has no result" in told
