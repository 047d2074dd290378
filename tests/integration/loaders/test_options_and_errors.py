"""Options of `load_file`, its other forms, and what it says when something does not fit."""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.integration.loaders.conftest import Laboratory, Loaded

pytestmark = pytest.mark.timeout(300)  # the first test waits for everything to be loaded or drawn

ATTACHED = Path(tempfile.gettempdir()) / "attached by a dump.db"


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


WRITTEN: dict[str, bytes] = {
    "ragged.csv": b"a,b,a\n1,2,3\n1,2,3,4,5\n6\n",
    "preamble.csv": b"Report\n\na,b,c\n1,2,3\n",
    "ends_in_separator.csv": b"a,b,c\n1,2,3,\n4,5,6,\n",
    "row_names.csv": b'"a","b"\n"x",2,3\n"y",5,6\n',
    "german.csv": "Ort;Umsatz;Datum\nKöln;1.234,56;01.02.2024\nUlm;7,00;02.03.2024\n".encode(),
    "json_cells.csv": b'id,json\n1,"{""a"": 1, ""b"": [1,2]}"\n2,"{""a"": 3}"\n',
    "late_latin.csv": b"name,n\n" + b"plain,1\n" * 20_000 + "Zoé,2\n".encode("latin-1"),
    "mixed_ends.csv": b"a,b\r\n1,2\n3,4\r5,6\r\n",
    "one_column.csv": b"name\nalpha beta\ngamma\n",
    "leading_zeros.jsonl": b'{"id": "007", "at": 5}\n\n{"id": "010"}\n',
    "broken.jsonl": b'{"id": 1}\n{"id": \n',
    "nested.xml": b'<?xml version="1.0"?><library><book><by><name>A</name></by></book><shelf/></library>',
    "units.xml": b'<?xml version="1.0"?><r><row><t unit="C">1</t></row><row><t unit="F">2</t></row></r>',
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x "y">]><r><a>&x;</a></r>',
    "reaches_out.xml": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    "attaches.sql": f"ATTACH DATABASE '{ATTACHED}' AS other; CREATE TABLE other.t (a);".encode(),
    "queries.sql": b"SELECT 1;",
    "mysql.sql": b"CREATE TABLE t (a INT) ENGINE=InnoDB DEFAULT CHARSET=utf8;",
    "unsafe.yaml": b"!!python/object/apply:os.system ['true']",
    "empty.csv": b"",
    "empty.xlsx": b"",
    "cut_short.parquet": b"PAR1\x15\x04",
    "unknown.qqq": b"just words\n",
    "blob.bin": bytes(range(256)),
    "several.zip": zipped({"a.csv": b"a,b\n1,2\n", "b.csv": b"c\n3\n4\n", "liesmich.txt": b"two tables"}),
    "words.txt.gz": gzip.compress(b"inside", mtime=0),
}

CASES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in WRITTEN),
    ("preamble.csv", {"skiprows": 0}),
    ("plain.csv", {"nrows": 1}),
    ("plain.csv", {"columns": ["Station"]}),
    ("plain.csv", {"sep": ";"}),
    ("plain.csv", {"rows": 3}),
    ("plain.csv", {"columns": ["Nope"]}),
    ("french.csv", {"encoding": "cp1252"}),
    ("towns.parquet", {"columns": ["Station"], "nrows": 2}),
    ("towns.feather", {"nrows": 1}),
    ("records.json", {"nrows": 1, "columns": ["Ville"]}),
    ("labelled.sav", {"nrows": 1, "columns": ["Ville"]}),
    ("labelled.sav", {"apply_value_formats": True, "columns": ["Station"]}),
    ("places.geojson", {"nrows": 1}),
    ("two_sheets.xlsx", {"sheet_name": "Fleuves", "nrows": 1}),
    ("two_sheets.xlsx", {"sheet_name": "Nope"}),
    ("two_sheets.xlsx", {"nrows": 1}),
    ("two.sqlite", {"table": "fleuves"}),
    ("two.sqlite", {"query": "SELECT max(km) AS km FROM fleuves"}),
    ("two.sqlite", {"query": "DELETE FROM fleuves"}),
    ("two.sqlite", {"table": "nope"}),
    ("two.hdf5", {"key": "fleuves"}),
    ("tree.h5", {"key": "mesures/température"}),
    ("tree.h5", {"key": "nope"}),
    ("nested.json", {"nrows": 1}),
    ("grid.npy", {"mmap_mode": "r"}),
    ("licence.txt", {"nrows": 1}),
    ("password.xlsx", {}),
    ("password.docx", {}),
    ("password.pptx", {}),
    ("password.pdf", {}),
    ("password.pdf", {"password": "guessed"}),
    ("password.pdf", {"password": "geheim"}),
    ("several.zip", {"member": "b.csv", "nrows": 1}),
    ("several.zip", {"member": "c.csv"}),
    ("several.zip", {"nrows": 1}),
    ("plain.csv", {"chunksize": 2}),
    ("plain.csv", {"as_": "arrow", "nrows": 2}),
    ("two_sheets.xlsx", {"as_": "arrow"}),
    ("one_sheet.xlsx", {"as_": "path"}),
    ("plain.csv", {"as_": "text"}),
    ("words.txt.gz", {"as_": "text"}),
    ("words.txt.gz", {"as_": "bytes"}),
    ("plain.csv", {"as_": "nonsense"}),
    ("plain.csv", {"as_": "text", "nrows": 1}),
]


@pytest.fixture(scope="module")
def answers(laboratory: Laboratory) -> list[Loaded]:
    """Every case, in one process."""
    for name, content in WRITTEN.items():
        laboratory.write(name, content)
    return laboratory.load(CASES)


@pytest.fixture
def load(answers: list[Loaded]) -> Any:
    """Look up the answer to a case."""

    def look_up(filename: str, **options: Any) -> Loaded:
        return answers[CASES.index((filename, options))]

    return look_up


def cells(answer: Loaded) -> list[list[Any]]:
    """Return the rows of a table that loaded without an error."""
    assert answer.error == ""
    rows: list[list[Any]] = answer.object["rows"]
    return rows


def test_rows_longer_than_the_header_keep_every_field(load: Any) -> None:
    """The surplus gets columns of its own, and a note says so."""
    answer = load("ragged.csv")
    assert answer.object["columns"] == ["a", "b", "a.1", "extra_1", "extra_2"]
    assert cells(answer) == [[1, 2, 3, None, None], [1, 2, 3, 4, 5], [6, None, None, None, None]]
    assert "1 of 3 rows" in answer.printed


def test_lines_above_a_table_lose_nothing_and_are_told(load: Any) -> None:
    """The note has their words, and the option that keeps them."""
    assert cells(load("preamble.csv")) == [[1, 2, 3]]
    assert "'Report / '" in load("preamble.csv").printed
    assert "skiprows=0" in load("preamble.csv").printed
    assert cells(load("preamble.csv", skiprows=0)) == [["a", "b", "c"], ["1", "2", "3"]]


def test_a_separator_at_the_end_of_each_row_does_not_shift_columns(load: Any) -> None:
    """The first column stays the first column."""
    assert load("ends_in_separator.csv").object["columns"] == ["a", "b", "c"]
    assert cells(load("ends_in_separator.csv")) == [[1, 2, 3], [4, 5, 6]]


def test_row_names_as_r_writes_them_are_no_column(load: Any) -> None:
    """The header has one name less than the rows have fields."""
    assert load("row_names.csv").object["columns"] == ["a", "b"]
    assert cells(load("row_names.csv")) == [[2, 3], [5, 6]]


def test_decimal_commas_and_grouped_thousands_are_numbers_but_dates_are_not(load: Any) -> None:
    """`1.234,56` is a number; `01.02.2024` stays text."""
    assert load("german.csv").object["dtypes"] == ["str", "float64", "str"]
    assert cells(load("german.csv")) == [["Köln", 1234.56, "01.02.2024"], ["Ulm", 7.0, "02.03.2024"]]


def test_json_within_cells_does_not_mislead_the_search_for_the_separator(load: Any) -> None:
    """Commas inside quotes are no separators."""
    assert cells(load("json_cells.csv")) == [[1, '{"a": 1, "b": [1,2]}'], [2, '{"a": 3}']]


def test_a_foreign_character_far_down_is_read_and_told(load: Any) -> None:
    """An encoding that fails after thousands of rows costs no row."""
    answer = load("late_latin.csv")
    assert len(cells(answer)) == 20_001
    assert cells(answer)[-1] == ["Zoé", 2]
    assert "cp1252" in answer.printed


def test_mixed_line_ends_make_no_difference(load: Any) -> None:
    """Unix, Windows and old Mac line ends may stand in one file."""
    assert cells(load("mixed_ends.csv")) == [[1, 2], [3, 4], [5, 6]]


def test_a_single_column_needs_no_separator(load: Any) -> None:
    """Blanks within its values do not cut them."""
    assert cells(load("one_column.csv")) == [["alpha beta"], ["gamma"]]


def test_text_in_json_lines_stays_text(load: Any) -> None:
    """Leading zeros survive; a field that a line lacks is missing; blank lines are none."""
    assert cells(load("leading_zeros.jsonl")) == [["007", 5.0], ["010", None]]


def test_a_broken_line_is_named(load: Any) -> None:
    """The message has its number, and the way to the raw lines."""
    assert "Line 2" in load("broken.jsonl").error
    assert "as_='text'" in load("broken.jsonl").error


def test_xml_that_is_no_table_loads_as_its_tree(load: Any) -> None:
    """Nested elements and attributes of fields would be lost in a table."""
    assert load("nested.xml").object["type"] == "Element"
    assert load("nested.xml").object["tags"] == ["library", "book", "by", "name", "shelf"]
    assert load("units.xml").object["tags"] == ["r", "row", "t", "row", "t"]


@pytest.mark.parametrize("name", ["entities.xml", "reaches_out.xml"])
def test_xml_with_entities_is_refused(name: str, load: Any) -> None:
    """Neither expansion nor other files: the message says why."""
    assert "entities, which are refused" in load(name).error


def test_a_dump_that_reaches_for_other_files_is_only_text(load: Any) -> None:
    """ATTACH is denied, and nothing is written."""
    assert load("attaches.sql").object == WRITTEN["attaches.sql"].decode()
    assert "not authorized" in load("attaches.sql").printed
    assert not ATTACHED.exists()


@pytest.mark.parametrize("name", ["queries.sql", "mysql.sql"])
def test_sql_that_makes_no_tables_is_text(name: str, load: Any) -> None:
    """Queries and dialects that SQLite does not know come as they are."""
    assert load(name).object == WRITTEN[name].decode()


def test_yaml_makes_no_python_objects(load: Any) -> None:
    """Tags that name Python objects are refused."""
    assert "ConstructorError" in load("unsafe.yaml").error


def test_an_empty_file_is_said_to_be_empty(load: Any) -> None:
    """A table without anything for CSV, words for what cannot be empty."""
    assert cells(load("empty.csv")) == []
    assert "holds no data" in load("empty.csv").printed
    assert "is empty: it has 0 bytes" in load("empty.xlsx").error


def test_a_damaged_file_is_explained(load: Any) -> None:
    """The message names file, type, library and the ways to the raw content."""
    for part in ("'cut_short.parquet'", "(Parquet)", "pyarrow.parquet", "as_='text', 'bytes' or 'path'"):
        assert part in load("cut_short.parquet").error


@pytest.mark.parametrize("name", ["password.xlsx", "password.docx", "password.pptx"])
def test_a_document_with_a_password_is_explained(name: str, load: Any) -> None:
    """The message says what to do."""
    assert f"{name!r} is protected by a password; save it without one" in load(name).error


def test_a_pdf_opens_by_its_password(load: Any) -> None:
    """Without it, or with another one, the message says so."""
    assert "protected by a password: load_file(…, password='…')" in load("password.pdf").error
    assert "it is not this one" in load("password.pdf", password="guessed").error
    assert "Loire 1006 km" in load("password.pdf", password="geheim").object[0]


def test_unknown_files_load_as_text_or_bytes(load: Any) -> None:
    """By content."""
    assert load("unknown.qqq").object == "just words\n"
    assert load("blob.bin").object == {"type": "bytes", "text": str(bytes(range(256)))}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("plain.csv", {"nrows": 1}, [["Orléans", 12.5, "2024-02-29", 7]]),
        ("plain.csv", {"columns": ["Station"]}, [[7], [8], [9]]),
        ("towns.parquet", {"columns": ["Station"], "nrows": 2}, [[7], [8]]),
        ("towns.feather", {"nrows": 1}, [["Orléans", 12.5, "2024-02-29 00:00:00", 7]]),
        ("records.json", {"nrows": 1, "columns": ["Ville"]}, [["Orléans"]]),
        ("labelled.sav", {"nrows": 1, "columns": ["Ville"]}, [["Orléans"]]),
        ("labelled.sav", {"apply_value_formats": True, "columns": ["Station"]}, [["Centre"], ["Sud"], [9.0]]),
        ("places.geojson", {"nrows": 1}, [["Orléans", 7, "POINT (1.9 47.9)"]]),
        ("two_sheets.xlsx", {"sheet_name": "Fleuves", "nrows": 1}, [["Loire", 1006]]),
        ("two.sqlite", {"table": "fleuves"}, [["Loire", 1006], ["Gard", 127]]),
        ("two.sqlite", {"query": "SELECT max(km) AS km FROM fleuves"}, [[1006]]),
        ("two.hdf5", {"key": "fleuves"}, [["Loire", 1006], ["Gard", 127]]),
    ],
)
def test_options_reach_the_library(name: str, options: Any, expected: Any, load: Any) -> None:
    """Rows, columns, sheets, tables and queries; `nrows` and `columns` serve every kind of table."""
    assert cells(load(name, **options)) == expected


def test_an_option_beats_what_was_found_out(load: Any) -> None:
    """A given separator or encoding is used, without a note."""
    assert load("plain.csv", sep=";").object["columns"] == ["Ville,Température,Relevé,Station"]
    assert load("french.csv", encoding="cp1252").printed == ""


def test_every_sheet_is_cut_when_none_is_chosen(load: Any) -> None:
    """`nrows` holds for each."""
    sheets = load("two_sheets.xlsx", nrows=1).object["items"]
    assert [len(sheet["rows"]) for sheet in sheets.values()] == [1, 1]


def test_parts_of_arrays_are_read_by_key_or_map(load: Any) -> None:
    """A data set of a tree comes as an array, an array as a map of its file."""
    assert load("tree.h5", key="mesures/température").object["values"] == [[12.5, None], [-3.25, 0.0]]
    assert load("grid.npy", mmap_mode="r").object["type"] == "memmap"


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("plain.csv", {"rows": 3}, ["unexpected keyword argument 'rows'", "nrows"]),
        ("plain.csv", {"columns": ["Nope"]}, ["Nope", "columns"]),
        ("two_sheets.xlsx", {"sheet_name": "Nope"}, ["'Nope'", "'Villes', 'Fleuves'"]),
        ("two.sqlite", {"table": "nope"}, ["'nope'", "'villes', 'fleuves'"]),
        ("two.sqlite", {"query": "DELETE FROM fleuves"}, ["readonly"]),
        ("tree.h5", {"key": "nope"}, ["'nope'", "'mesures/température'"]),
        ("nested.json", {"nrows": 1}, ["nrows", "dict"]),
        ("licence.txt", {"nrows": 1}, ["nrows", "str"]),
        ("plain.csv", {"as_": "nonsense"}, ["'text', 'bytes', 'path'"]),
        ("plain.csv", {"as_": "text", "nrows": 1}, ["without other options"]),
    ],
)
def test_a_wrong_option_is_answered_with_the_right_ones(
    name: str, options: Any, words: list[str], load: Any
) -> None:
    """The message names what was wrong and what there is."""
    assert load(name, **options).error.startswith("LoadFileError: ")
    for word in words:
        assert word in load(name, **options).error


def test_a_member_of_an_archive_is_loaded_with_options_of_its_own(load: Any) -> None:
    """Without a choice, the archive is a mapping; with a wrong one, it says what there is."""
    assert set(load("several.zip").object["items"]) == {"a.csv", "b.csv", "liesmich.txt"}
    assert cells(load("several.zip", member="b.csv", nrows=1)) == [[3]]
    assert "it holds 'a.csv', 'b.csv', 'liesmich.txt'" in load("several.zip", member="c.csv").error
    assert "choose one by member=" in load("several.zip", nrows=1).error


def test_a_table_comes_in_parts(load: Any) -> None:
    """`chunksize` gives an iterator of tables, which outlives the loading."""
    parts = load("plain.csv", chunksize=2).object["parts"]
    assert [[row[3] for row in part["rows"]] for part in parts] == [[7, 8], [9]]


def test_a_table_comes_as_one_of_arrow(load: Any) -> None:
    """With options of the loader; several tables are no table, and what has no fields is none."""
    table = load("plain.csv", as_="arrow", nrows=2).object
    assert table["type"] == "Table"
    assert "pyarrow.Table" in table["text"]
    assert "Station: int64" in table["text"]
    assert "Station: [[7,8]]" in table["text"]
    assert "sheet_name=" in load("two_sheets.xlsx", as_="arrow").error


def test_the_raw_forms_give_the_file_as_it_is(load: Any, laboratory: Laboratory) -> None:
    """Text is decoded and unwrapped; bytes and path are those of the upload."""
    assert load("plain.csv", as_="text").object == (laboratory.folder / "plain.csv").read_text()
    assert load("words.txt.gz", as_="text").object == "inside"
    assert load("words.txt.gz", as_="bytes").object["text"] == str(WRITTEN["words.txt.gz"])
    copy = Path(load("one_sheet.xlsx", as_="path").object)
    assert copy.suffix == ".xlsx"
    assert copy.read_bytes() == (laboratory.folder / "one_sheet.xlsx").read_bytes()
