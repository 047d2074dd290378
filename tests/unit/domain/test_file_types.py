"""What a file is, by content and name."""

import gzip
import io
import string
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.file_type_table import WRAPPERS
from domain.file_types import BY_EXTENSION, FILE_TYPES, HEAD_BYTES, identify, looks_like_text


def zip_with(*names: str, content: bytes = b"", compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the start of a ZIP archive that the standard library wrote."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()[:HEAD_BYTES]


XLSX = zip_with("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
DOCX = zip_with("[Content_Types].xml", "word/document.xml")
ODS = zip_with(
    "mimetype",
    content=b"application/vnd.oasis.opendocument.spreadsheet",
    compression=zipfile.ZIP_STORED,
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SQLITE = b"SQLite format 3\0" + bytes(84)
GEOPACKAGE = b"SQLite format 3\0" + bytes(52) + b"GPKG" + bytes(28)
HDF5 = b"\x89HDF\r\n\x1a\n"
MATLAB_7_3 = b"MATLAB 7.3 MAT-file".ljust(512) + HDF5
PARQUET = b"PAR1\x15\x04\x15"


@pytest.mark.parametrize(
    ("filename", "head", "label"),
    [
        ("data.csv", b"a,b\n1,2\n", "CSV"),
        ("DATA.CSV", b"a,b\n1,2\n", "CSV"),
        ("data.csv", XLSX, "Excel"),
        ("data.xlsm", XLSX, "Excel"),
        ("data", PARQUET, "Parquet"),
        ("notes.txt", SQLITE, "SQLite"),
        ("letter.xlsx", DOCX, "Word"),
        ("table", ODS, "OpenDocument spreadsheet"),
        ("table.zip", ODS, "ZIP"),
        ("old.xls", OLE, "Excel"),
        ("old.doc", OLE, "Word"),
        ("locked.xlsx", OLE, "Excel"),
        ("places.gpkg", GEOPACKAGE, "GeoPackage"),
        ("places.db", GEOPACKAGE, "SQLite"),
        ("a.mat", MATLAB_7_3, "MATLAB"),
        ("a.mat", b"\0\0\0\0\x01\0\0\0", "MATLAB"),
        ("a.mat", HDF5, "HDF5"),
        ("a.hdf", b"\0" * 512 + HDF5, "HDF5"),
        ("picture.jpg", b"\x89PNG\r\n\x1a\n", "PNG image"),
        ("report", b"%PDF-1.7\n", "PDF"),
        ("archive.zip", zip_with("sword/edge.txt"), "ZIP"),
        ("arrays.npz", zip_with("arr_0.npy"), "NumPy archive"),
        ("shapes.shp", b"\x00\x00\x27\x0a" + bytes(96), "Shapefile"),
    ],
)
def test_content_decides_and_the_extension_breaks_ties(filename: str, head: bytes, label: str) -> None:
    """A signature beats the name; among types that fit alike, the name speaks."""
    assert identify(filename, head).label == label


@pytest.mark.parametrize(
    ("filename", "head", "label"),
    [
        ("a.json", b'{"a": 1}', "JSON"),
        ("a.geojson", b'{"type": "FeatureCollection"}', "GeoJSON"),
        ("a.jsonl", b'{"a": 1}\n', "JSON Lines"),
        ("a.yaml", b'{"a": 1}', "YAML"),
        ("a.csv", b'[{"a": 1}]', "JSON"),
        ("a", b'{"a": 1}\n{"a": 2}\n', "JSON Lines"),
        ("a.gpx", b'<?xml version="1.0"?>\n<gpx version="1.1">', "GPX"),
        ("a.xml", b'<?xml version="1.0"?>\n<gpx version="1.1">', "XML"),
        ("a.kml", b"\xef\xbb\xbf<?xml version='1.0'?><kml>", "KML"),
        ("a.csv", b"<!DOCTYPE html><html>", "HTML"),
        ("a.xls", b"<html><table>", "HTML"),
        ("a.xls", b"a\tb\n1\t2\n", "CSV"),
        ("a.py", b"<?xml version='1.0'?>", "Python"),
        ("analysis.R", b"x <- 1\n", "R"),
        ("analysis.r", b"x <- 1\n", "R"),
        ("a.log", b'{"level": "info"}\n{"level": "warn"}\n', "Log"),
    ],
)
def test_kinds_of_text_are_told_apart(filename: str, head: bytes, label: str) -> None:
    """Data and markup by their first characters, free text and code by their names."""
    assert identify(filename, head).label == label


@pytest.mark.parametrize(
    ("filename", "head", "label", "loader"),
    [
        ("a.csv.gz", gzip.compress(b"a,b", mtime=0), "CSV (gzip)", "csv+gzip"),
        ("a.csv", gzip.compress(b"a,b", mtime=0), "CSV (gzip)", "csv+gzip"),
        ("a.csv.gz", b"a,b\n", "CSV", "csv"),
        ("a.CSV.GZ", gzip.compress(b"a,b", mtime=0), "CSV (gzip)", "csv+gzip"),
        ("a.tgz", gzip.compress(b"", mtime=0), "TAR (gzip)", "tar+gzip"),
        ("a.gz", gzip.compress(b"a", mtime=0), "Compressed file (gzip)", "any+gzip"),
        ("model.pkl", gzip.compress(b"a", mtime=0), "Pickle (gzip)", "pickle+gzip"),
    ],
)
def test_a_wrapper_is_seen_by_content_and_named_with_what_is_inside(
    filename: str, head: bytes, label: str, loader: str
) -> None:
    """The inner type comes from the name, with or without the wrapper's own extension."""
    found = identify(filename, head)
    assert (found.label, found.loader) == (label, loader)


def test_an_unknown_file_is_text_or_binary() -> None:
    """By whether its start reads as text."""
    assert identify("a.qqq", b"just words\n").label == "Text"
    assert identify("a.qqq", bytes(range(256))).label == "Binary"
    assert identify("a.csv", bytes(range(256))).label == "Binary"


def test_an_empty_file_is_what_its_name_says() -> None:
    """There is nothing else to go by."""
    assert identify("a.csv", b"").label == "CSV"
    assert identify("a.xlsx", b"").label == "Excel"
    assert identify("nothing", b"").label == "Text"


@pytest.mark.parametrize("filename", ["a.bin", "a.csv", "a", "a.pdf"])
def test_pickles_are_loaded_only_under_names_that_ask_for_it(filename: str) -> None:
    """Unpickling runs code: a disguised pickle stays bytes."""
    assert identify(filename, b"\x80\x04\x95\x10\0\0\0\0\0\0\0").loader == "bytes"
    assert identify("a.pkl", b"\x80\x04\x95\x10\0\0\0\0\0\0\0").loader == "pickle"


def test_a_tar_archive_is_known_without_its_name() -> None:
    """Its signature stands behind the first file's name and dates."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    assert identify("a", stream.getvalue()[:HEAD_BYTES]).label == "TAR"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "shift-jis", "gb18030", "koi8-r"])
def test_text_in_usual_encodings_is_text(encoding: str) -> None:
    """As long as it is, and where it is cut."""
    words = {"cp1252": "Besançon, Nîmes\n", "koi8-r": "Нева, Волга\n"}.get(encoding, "東京都, 大阪府\n")
    content = (words * 300).encode(encoding)
    for cut in (4093, 4094, 4095, 4096):
        assert looks_like_text(content[:cut])


@given(st.text(), st.binary(max_size=2 * HEAD_BYTES))
def test_any_name_and_content_are_something(filename: str, head: bytes) -> None:
    """Nothing is refused, nothing fails, and more than the head makes no difference."""
    found = identify(filename, head)
    assert found.label
    assert found.loader
    assert found == identify(filename, head[:HEAD_BYTES])


@given(st.text(alphabet=string.ascii_lowercase + string.digits + " .:-_()'\n", min_size=1))
def test_ordinary_words_are_text_under_any_name(content: str) -> None:
    """Lower-case words and figures carry no signature, so the name may only choose a kind of text."""
    for filename in ("a", "a.png", "a.parquet", "a.zip", "a.txt"):
        assert identify(filename, content.encode()).label == "Text"
    assert identify("a.csv", content.encode()).label == "CSV"


def test_each_extension_belongs_to_a_row_and_is_spelled_in_lower_case() -> None:
    """The table is consistent: no row without a use, no wrapper's extension among them."""
    wrapped = {own for wrapper in WRAPPERS for own, _ in wrapper.extensions}
    for row in FILE_TYPES:
        assert row.extensions or row.signature, row
    for extension in BY_EXTENSION:
        assert extension.startswith(".")
        assert extension == extension.lower()
        assert extension not in wrapped


def test_each_container_is_a_row() -> None:
    """A wider type that confirms a claim must itself be recognised."""
    signed = {row.label for row in FILE_TYPES if row.signature}
    assert {row.container for row in FILE_TYPES if row.container} <= signed


@pytest.mark.parametrize(
    ("head", "label"),
    [
        (b"a\tb\n1\t2\n3\t4\n", "CSV"),
        (
            b"2024-01-01 10:00:00,123 INFO x\n2024-01-01 10:00:01,456 INFO y\n2024-01-01 10:00:02,7 INFO z\n",
            "Text",
        ),
        (b"Two roads diverged,\nand sorry I could not,\nlong I stood,\n", "Text"),
        (b"apples, pears\nplums, figs\nnuts, dates\n", "Text"),
    ],
)
def test_a_table_that_is_named_as_text_is_a_table(head: bytes, label: str) -> None:
    """Rows of fields below a header of words; neither a log nor a poem."""
    assert identify("export.txt", head).label == label
