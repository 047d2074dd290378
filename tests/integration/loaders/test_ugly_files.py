"""Files as people really have them: reports, exports, wrong names, odd encodings, damage."""

import gzip
import io
import zipfile
from typing import Any

import pytest

from tests.integration.loaders.conftest import Laboratory, Loaded

pytestmark = pytest.mark.timeout(300)  # the first test waits for everything to be loaded

_REPORT = "Umsatzbericht 2024\r\nErstellt am 01.02.2024\r\n\r\nOrt;Umsatz;Datum;Größe\r\n"
_REPORT_ROWS = (
    "Köln;1.234,56;01.02.2024;1.000\r\nUlm;7,00;02.03.2024;12\r\nBonn;-1.000.000,5;03.03.2024;3\r\n"
)
_CITIES = "都市,人口\n東京,1396\n大阪,883\n"
_ENCRYPTED_SHEET = {
    "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
    "content.xml": bytes(range(200)),
    "META-INF/manifest.xml": b"<manifest><file-entry><encryption-data/></file-entry></manifest>",
}
_GZIPPED = gzip.compress(b"a,b\n1,2\n", mtime=0)


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _protected(content: bytes) -> bytes:
    """Return a ZIP archive whose entries are marked as encrypted."""
    return content.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


TABLES: dict[str, tuple[bytes, list[list[Any]], str]] = {
    "report.csv": (
        (_REPORT + _REPORT_ROWS).encode("cp1252"),
        [
            ["Köln", 1234.56, "01.02.2024", 1000],
            ["Ulm", 7.0, "02.03.2024", 12],
            ["Bonn", -1000000.5, "03.03.2024", 3],
        ],
        "starts in line 4",
    ),
    "padded_report.csv": (
        (_REPORT.replace("24\r", "24;;;\r").replace("\n\r", "\n;;;\r") + _REPORT_ROWS).encode("cp1252"),
        [
            ["Köln", 1234.56, "01.02.2024", 1000],
            ["Ulm", 7.0, "02.03.2024", 12],
            ["Bonn", -1000000.5, "03.03.2024", 3],
        ],
        "'Umsatz', 'Größe': numbers with thousands separators",
    ),
    "years_above.csv": (
        b"Population\n\nLand;2020;2021\nA;1,5;2\nB;4;5\n",
        [["A", 1.5, 2], ["B", 4.0, 5]],
        "line 3",
    ),
    "comments.csv": (b"# logger, 3\n# unit: C\nt,temp\n1,2.5\n", [[1, 2.5]], "# logger"),
    "unnamed.csv": (b",a,b\nx,y,z\n0,1,2\n", [["x", "y", "z"], ["0", "1", "2"]], ""),
    "excel_separator.csv": (b"sep=;\r\na;b\r\n1;2\r\n", [[1, 2]], ""),
    "inhabitants.csv": (b"Ort;n\nA;1.234.567\nB;1.200\n", [["A", 1234567], ["B", 1200]], "thousands"),
    "thin_blanks.csv": ("a;b\nx;1\u202f234,5\ny;7,0\n".encode(), [["x", 1234.5], ["y", 7.0]], "thousands"),
    "english.csv": (b'a,b\nx,"1,234"\ny,"5,678,901"\n', [["x", 1234], ["y", 5678901]], "thousands"),
    "swallowed.csv": (
        b'id,town,n\n1,"Ulm,1\n2,Bonn,2\n3,Graz,3\n4,"Linz",4\n',
        [[1, 'Ulm,1\n2,Bonn,2\n3,Graz,3\n4,Linz"', 4]],
        "reads like 3 more rows",
    ),
    "two_lines.csv": (b'id,t,n\n1,"dear\nyou",2\n', [[1, "dear\nyou", 2]], ""),
    "values_above.csv": (b"1,2.5\n4,5.5\n7,8.5\n", [[4, 5.5], [7, 8.5]], "header=None"),
    "backslashes.csv": (b'id,t\n1,"a \\"b\\", c"\n2,"d"\n', [[1, 'a "b", c'], [2, "d"]], ""),
    "paths.csv": (b'id,t\n1,"C:\\"\n2,"D:\\"\n', [[1, "C:\\"], [2, "D:\\"]], ""),
    "blanks_before_quotes.csv": (b'a, b, c\n1, "x, y", 2\n', [[1, "x, y", 2]], ""),
    "three_digits.csv": (b"a;n\nx;1.234\ny;5.678\n", [["x", 1.234], ["y", 5.678]], "thousands='.'"),
    "damaged.csv": (
        "ort,n\nKöln,1\nMünchen,2\n".encode() + b"Stra\xdfe,3\n",
        [["Köln", 1], ["München", 2], ["Stra\ufffde", 3]],
        "some bytes are not UTF-8",
    ),
    "addresses.csv": (b"a;b\n1,5;192.168.100.200\n", [[1.5, "192.168.100.200"]], ""),
    "row_names_of_r.csv": (b'"a","b"\n"x",2,3\n"y",5,6\n', [[2, 3], [5, 6]], "names the row"),
    "postcodes.csv": (b"plz,n\n01067,1\n80331,2\n", [[1067, 1], [80331, 2]], "leading zeros"),
    "open_quote.csv": (b'a,b\n1,"x\n2,y\n', [[1, '"x'], [2, "y"]], "never closed"),
    "blanks.csv": (b"a  b c\n1 2  3\n", [[1, 2, 3]], "cut at blanks"),
    "tabs.txt": (b"a\tb\n1\t2\n3\t4\n", [[1, 2], [3, 4]], "as_='text'"),
    "page.xls": (b"<html><table><tr><th>a</th></tr><tr><td>7</td></tr></table></html>", [[7]], ""),
    "commas.html": (
        b"<table><tr><th>a</th><th>b</th></tr><tr><td>1,5</td><td>1.234,56</td></tr></table>",
        [[1.5, 1234.56]],
        "",
    ),
    "thousands.html": (b"<table><tr><th>a</th></tr><tr><td>1,234</td></tr></table>", [[1234]], ""),
    "tabs.xls": (b"a\tb\n1\t2\n3\t4\n", [[1, 2], [3, 4]], ""),
    "no_gzip.csv.gz": (b"a,b\n1,2\n", [[1, 2]], ""),
    "gzip_inside.csv": (_GZIPPED, [[1, 2]], ""),
    "gzip_inside.zip": (_zip({"data.csv.gz": _GZIPPED}), [[1, 2]], ""),
    "utf16_tabs.csv": (b"\xfe\xff" + "a\tb\r\né\t1\r\n".encode("utf-16-be"), [["é", 1]], ""),
    "sjis_few.csv": (_CITIES.encode("cp932"), [["東京", 1396], ["大阪", 883]], "cp932"),
    "header_only.csv": (b"a;b;c", [], ""),
    "twice.csv": (b"a,a,b\n1,2,3\n", [[1, 2, 3]], ""),
    "lines.json": (b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', [[1, "x"], [2, "y"]], ""),
    "values.json": (b'{\n "a": 1\n}\n{\n "a": 2\n}\n', [[1], [2]], ""),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "cut_off.csv.gz": (gzip.compress(b"a,b\n" + b"1,2\n" * 9_000, mtime=0)[:60], "cut off"),
    "nothing.json": (b"", "is empty: it has 0 bytes"),
    "nothing.zip": (b"", "is empty: it has 0 bytes"),
    "half.json": (b'[{"a":1},{"a":', "as_='text'"),
    "half.xlsx": (_zip({"xl/workbook.xml": b"x" * 500})[:300], "is damaged"),
    "secret.ods": (_zip(_ENCRYPTED_SHEET), "protected by a password"),
    "secret.zip": (_protected(_zip({"a.csv": b"a\n1\n"})), "protected by a password"),
}


@pytest.fixture(scope="module")
def answers(laboratory: Laboratory) -> dict[str, Loaded]:
    """Every file, in one process."""
    contents = {name: case[0] for name, case in TABLES.items()} | {n: case[0] for n, case in REFUSED.items()}
    contents["old.mdb"] = b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(99)
    for name, content in contents.items():
        laboratory.write(name, content)
    return dict(zip(contents, laboratory.load([(name, {}) for name in contents]), strict=True))


@pytest.mark.parametrize("name", TABLES)
def test_an_ugly_file_is_a_table_with_its_values(name: str, answers: dict[str, Loaded]) -> None:
    """What had to be guessed or left out is told; what was clear is not."""
    _, rows, told = TABLES[name]
    assert answers[name].error == ""
    assert answers[name].object["rows"] == rows
    assert told in answers[name].printed
    assert told or answers[name].printed == ""


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_what_to_do(name: str, answers: dict[str, Loaded]) -> None:
    """In words of the user's file, not of a library."""
    assert answers[name].error.startswith("LoadFileError: ")
    assert REFUSED[name][1] in answers[name].error


def test_what_opens_as_bytes_only_says_what_to_save_it_as(answers: dict[str, Loaded]) -> None:
    """A database of Access, by its first bytes."""
    assert answers["old.mdb"].object["type"] == "bytes"
    assert "CSV, XLSX or SQLite" in answers["old.mdb"].printed
