"""The quick analyses, in the code environment: values, pictures, and whatever can go wrong."""

import csv
import io
import unicodedata
from typing import Any

import pytest

from application.analyses import ANALYSES, analysis_code
from tests.integration.loaders.conftest import FILE_ID, ROOT, Laboratory

pytestmark = pytest.mark.timeout(300)  # the first test waits for everything to be loaded or drawn

FUNCTIONS = [analysis.function for analysis in ANALYSES.values()]
STRANGE = (
    *("wide", "constant", "all missing", "infinite", "only infinite", "mixed", "huge numbers"),
    *("tiny numbers", "one row", "no rows", "no columns", "rows without columns", "twice the same name"),
    *("names", "dtypes", "series in time", "dates as text", "labels and levels", "lists in cells"),
    *("several tables", "shapes", "records", "nested", "text", "no text", "bytes", "one value", "cube"),
    *("matrix", "nothing", "list", "tree", "picture", "model"),
)
CASES = [(name, function) for name in STRANGE for function in FUNCTIONS]


def call(name: str, function: str) -> str:
    """Return code that analyses one of the strange objects."""
    imports = f"from strange_objects import STRANGE\nfrom analyses import {function}\n"
    return f"{imports}{function}(STRANGE[{name!r}](), {name!r})"


@pytest.fixture(scope="module")
def strange(laboratory: Laboratory) -> dict[tuple[str, str], dict[str, Any]]:
    """Every analysis of every strange object, in one process."""
    answers = laboratory.run([call(*case) for case in CASES])
    return dict(zip(CASES, answers, strict=True))


@pytest.fixture(scope="module")
def penguins(laboratory: Laboratory) -> dict[str, dict[str, Any]]:
    """Every analysis of the example, by the code that is recorded."""
    laboratory.write("penguins.csv", (ROOT / "examples" / "penguins.csv").read_bytes())
    answers = laboratory.run([analysis_code(name, FILE_ID) for name in ANALYSES], "penguins.csv")
    return dict(zip(ANALYSES, answers, strict=True))


def line_with(text: str, start: str) -> str:
    """Return the only line that starts so, its blanks made one."""
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return " ".join(line.split())


def test_key_statistics_of_the_example_are_right(penguins: dict[str, dict[str, Any]]) -> None:
    """Rows, columns, missing values, distinct values, ranges, quartiles: as published with the data."""
    answer = penguins["stats"]
    assert answer["error"] == ""
    assert answer["printed"].startswith("penguins.csv: 344 rows x 17 columns\n")
    first, second = answer["printed"].split("\nnumber ", 1)
    assert line_with(first, "Flipper") == "Flipper Length (mm) number 2 (1%) 55 172 to 231"
    assert line_with(first, "Sex") == "Sex text 11 (3%) 2 MALE (168), FEMALE (165)"
    assert line_with(first, "Date Egg") == "Date Egg date 0 50 2007-11-09 to 2009-12-01"
    assert line_with(second, "Body Mass") == "Body Mass (g) 4202 802 2700 3550 4050 4750 6300"
    assert "Always the same: Region, Stage." in second


def test_key_statistics_are_saved_in_full(penguins: dict[str, dict[str, Any]]) -> None:
    """A line a column, with unrounded numbers."""
    rows = {
        row["column"]: row
        for row in csv.DictReader(io.StringIO(penguins["stats"]["texts"]["statistics.csv"]))
    }
    assert len(rows) == 17
    assert float(rows["Body Mass (g)"]["mean"]) == pytest.approx(4201.754385964912)
    assert float(rows["Body Mass (g)"]["std"]) == pytest.approx(801.9545356980955)
    assert (rows["Sex"]["missing"], rows["Sex"]["top"], rows["Sex"]["top_count"]) == ("11", "MALE", "168.0")


def test_first_rows_of_the_example_are_shown_as_far_as_they_fit(penguins: dict[str, dict[str, Any]]) -> None:
    """Ten rows, and the names of the columns for which there is no room."""
    printed = penguins["head"]["printed"]
    assert "first 10 of 344 rows" in printed
    rows = [" ".join(line.split()) for line in printed.splitlines() if line.startswith("PAL0708")]
    assert len(rows) == 10
    assert rows[9] == "PAL0708 10 Adelie Penguin (Pygosce… Anvers Torgersen Adult, 1 Egg Stage"
    assert "11 more columns: Individual ID, Clutch Completion, Date Egg" in printed


def test_charts_of_the_example_are_a_picture(penguins: dict[str, dict[str, Any]]) -> None:
    """A PNG with something in it, and words on what is not in it."""
    width, height, colours = penguins["plot"]["pictures"]["charts.png"]
    assert 1200 < width < 2400
    assert 1200 < height < 2600
    assert colours > 50
    assert "Region, Stage, Individual ID" in penguins["plot"]["printed"]


def test_correlations_of_the_example_are_right(penguins: dict[str, dict[str, Any]]) -> None:
    """The known strongest pair leads, with its rows; the heat map is saved."""
    answer = penguins["correlations"]
    pairs = [" ".join(line.split()) for line in answer["printed"].splitlines()]
    assert pairs[4] == "Flipper Length (mm) Body Mass (g) +0.87 342"
    assert list(answer["pictures"]) == ["correlations.png"]
    assert answer["pictures"]["correlations.png"][2] > 50


@pytest.mark.parametrize(("name", "function"), CASES)
def test_an_analysis_survives_whatever_a_file_holds(
    name: str, function: str, strange: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """No error, no warning, something said, nothing wider than 100 columns, no control characters."""
    answer = strange[name, function]
    assert answer["error"] == ""
    assert answer["printed"].strip()
    for line in answer["printed"].splitlines():
        assert line.isprintable()
        assert sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= 100


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("one row", "charts", "too little to draw"),
        ("no rows", "charts", "0 rows"),
        ("constant", "charts", "nothing to draw"),
        ("text", "charts", "loads as text, not as a table"),
        ("constant", "correlations", "no numeric column"),
        ("infinite", "key_statistics", "With infinite values, left out above: a."),
        ("all missing", "key_statistics", "Without any value: a, b."),
        ("constant", "key_statistics", "19 rows repeat an earlier row."),
        ("twice the same name", "key_statistics", "a (2)"),
        ("dates as text", "key_statistics", "2024-03-01 to 2024-03-28"),
        ("several tables", "charts", "Used here: large"),
        ("shapes", "key_statistics", "projection: EPSG:4326"),
        ("nested", "key_statistics", "meta: 1 key"),
        ("text", "key_statistics", "31 lines"),
        ("text", "key_statistics", "hello (30)"),
        ("picture", "key_statistics", "30 x 20 pixels"),
        ("cube", "key_statistics", "Shape 3 x 4 x 5"),
        ("model", "key_statistics", "fit_intercept"),
        ("bytes", "first_rows", "00000010  10 11 12"),
        ("tree", "first_rows", "<c> x"),
        ("records", "first_rows", "b.c"),
    ],
)
def test_what_is_special_is_said(
    name: str, function: str, words: str, strange: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Empty, constant, infinite, nested: the words name it."""
    assert words in strange[name, function]["printed"]


@pytest.mark.parametrize("name", ["series in time", "wide", "names", "shapes", "dtypes", "huge numbers"])
def test_a_picture_is_made_when_there_is_something_to_draw(
    name: str, strange: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """One, with the agreed name."""
    assert list(strange[name, "charts"]["pictures"]) == ["charts.png"]


@pytest.mark.parametrize("name", ["one row", "no rows", "text", "constant", "all missing"])
def test_no_picture_is_made_when_there_is_nothing_to_draw(
    name: str, strange: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Words instead of an empty picture."""
    assert strange[name, "charts"]["pictures"] == {}
    assert strange[name, "correlations"]["pictures"] == {}


def test_a_heat_map_of_many_columns_stays_a_picture_one_can_look_at(
    strange: dict[tuple[str, str], dict[str, Any]],
) -> None:
    """The columns that go together most are chosen, and that is said."""
    answer = strange["wide", "correlations"]
    assert max(answer["pictures"]["correlations.png"][:2]) < 2200
    assert "25 columns that go together most, of 200" in answer["printed"]
