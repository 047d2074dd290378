"""Files that were made to harm: bombs, traps, and names that lead elsewhere."""

import bz2
import gzip
import io
import lzma
import pickle
import socket
import sqlite3
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.loaders.conftest import Laboratory, Loaded

pytestmark = pytest.mark.timeout(300)  # the first test waits for everything to be written and loaded

_ZEROS = bytes(120 << 20)
_ENTITY = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _nested(depth: int) -> bytes:
    content = _zip({"a.csv": b"a,b\n1,2\n"})
    for _ in range(depth):
        content = _zip({"inner.zip": content})
    return content


def _npz(size_bytes: int) -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size_bytes},), }}".encode().ljust(117)
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"
    return _zip({"zeros.npy": start + bytes(size_bytes)})


def _zip_with_links() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("/absolute.txt", "x")
    return stream.getvalue()


def _sqlite(*statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(";".join(statements))
        return bytes(database.serialize())


def _tar_with_links() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (
            ("link.txt", tarfile.SYMTYPE),
            ("hard.txt", tarfile.LNKTYPE),
            ("dev", tarfile.CHRTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        for name in ("../../escaped.txt", "/absolute.txt"):
            entry = tarfile.TarInfo(name)
            entry.size = 1
            archive.addfile(entry, io.BytesIO(b"x"))
    return stream.getvalue()


def _png(width: int, height: int) -> bytes:
    """Return a tiny PNG of many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def _npy_of_objects() -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pickle.dumps([_Trap()])


class _Trap:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (Path("sprung"), "yes")


def _tensor_beyond() -> bytes:
    """Return an archive of torch with a tensor that claims more than its storage has."""
    pid = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid + b"K\x00K\xff\x85K\x01\x85\x89NtR."
    return _zip({"model/data.pkl": b"\x80\x02" + tensor, "model/data/0": bytes(8)})


_BILLION = (
    b'<!DOCTYPE r [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]>"
)
_LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "gzip.csv.gz": (lambda: gzip.compress(_ZEROS, 1), "looks like a bomb"),
    "bzip2.txt.bz2": (lambda: bz2.compress(_ZEROS[: 70 << 20]), "looks like a bomb"),
    "xz.json.xz": (lambda: lzma.compress(_ZEROS[: 70 << 20], preset=0), "looks like a bomb"),
    "gzip.parquet.gz": (lambda: gzip.compress(b"PAR1\x15" + _ZEROS, 1), "looks like a bomb"),
    "flat.zip": (lambda: _zip({"a.csv": _ZEROS}), "looks like a bomb"),
    "many.zip": (lambda: _zip({f"{n}.csv": _ZEROS[: 12 << 20] for n in range(10)}), "looks like a bomb"),
    "letter.docx": (
        lambda: _zip({"[Content_Types].xml": b"", "word/document.xml": _ZEROS}),
        "looks like a bomb",
    ),
    "slides.pptx": (
        lambda: _zip({"[Content_Types].xml": b"", "ppt/presentation.xml": _ZEROS}),
        "looks like a bomb",
    ),
    "zeros.npz": (lambda: _npz(70 << 20), "looks like a bomb"),
    "sheet.xlsx": (
        lambda: _zip({"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/worksheets/1.xml": _ZEROS}),
        "looks like a bomb",
    ),
    "map.kmz": (lambda: _zip({"doc.kml": b"<kml>" + _ZEROS}), "looks like a bomb"),
    "nested.zip": (lambda: _nested(6), "more than 3 archives"),
    "laughs.yaml": (_LAUGHS.encode, "looks like a bomb"),
    "pixels.png": (lambda: _png(60_000, 60_000), "decompression bomb"),
    "objects.npy": (_npy_of_objects, "allow_pickle=False"),
    "laughs.xml": (
        lambda: b"<?xml version='1.0'?>" + _BILLION + b"<r>&l9;</r>",
        "entities, which are refused",
    ),
    "model.pt": (
        lambda: _zip({"model/data.pkl": pickle.dumps(_Trap())}),
        "a whole model, or more than weights",
    ),
    "beyond.pt": (_tensor_beyond, "outside of what was saved"),
    "objects.npz": (lambda: _zip({"a.npy": _npy_of_objects()}), "allow_pickle=False"),
    "entity.graphml": (
        lambda: b"<?xml version='1.0'?>" + _ENTITY + b"<graphml>&x;</graphml>",
        "EntitiesForbidden",
    ),
    "entity.gexf": (lambda: b"<?xml version='1.0'?>" + _ENTITY + b"<gexf>&x;</gexf>", "EntitiesForbidden"),
    "entity.plist": (
        lambda: b"<?xml version='1.0'?>" + _ENTITY + b"<plist><string>&x;</string></plist>",
        "ntity",
    ),
    "entity.opml": (
        lambda: b"<?xml version='1.0'?>" + _ENTITY + b"<opml>&x;</opml>",
        "entities, which are refused",
    ),
}


WRITES = {
    "DROP TABLE rivers": "readonly",
    "DELETE FROM rivers RETURNING km": "readonly",
    "ATTACH DATABASE 'other.sqlite' AS other": "not authorized",
    "SELECT load_extension('/tmp/evil.so')": "not authorized",
    "SELECT writefile('/tmp/sprung', 'x')": "no such function",
}


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A server that nobody should ask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003 - its only parameter
        yield server


@pytest.fixture(scope="module")
def answers(laboratory: Laboratory, listener: socket.socket) -> dict[str, Loaded]:
    """Every trap, in one process."""
    address = b"http://127.0.0.1:%d/r.dtd" % listener.getsockname()[1]
    laboratory.write(
        "network.xml", b'<?xml version="1.0"?><!DOCTYPE r SYSTEM "%s"><r><a><b/></a><c/></r>' % address
    )
    for name, (make, _) in REFUSED.items():
        laboratory.write(name, make())
    laboratory.write("links.tar", _tar_with_links())
    laboratory.write("links.zip", _zip_with_links())
    laboratory.write("trap.bin", pickle.dumps(_Trap()))
    laboratory.write("rivers.sqlite", _sqlite("CREATE TABLE rivers (km)", "INSERT INTO rivers VALUES (1006)"))
    names = [*REFUSED, "links.tar", "links.zip", "trap.bin", "network.xml"]
    cases = [*((name, {}) for name in names), *(("rivers.sqlite", {"query": query}) for query in WRITES)]
    return dict(zip([*names, *WRITES], laboratory.load(cases), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_a_trap_is_refused_and_says_why(name: str, answers: dict[str, Loaded]) -> None:
    """Before it has unpacked to what the memory of a run holds."""
    assert answers[name].error.startswith("LoadFileError: ")
    assert REFUSED[name][1] in answers[name].error


def test_links_and_devices_in_an_archive_are_no_files(answers: dict[str, Loaded]) -> None:
    """Names that lead out of it are names only: nothing is unpacked to a place of its choice."""
    assert answers["links.tar"].error == ""
    assert set(answers["links.tar"].object["items"]) == {"../../escaped.txt", "/absolute.txt"}


def test_what_xml_names_elsewhere_is_not_fetched(answers: dict[str, Loaded], listener: socket.socket) -> None:
    """A document with a DTD on a server is read without it, and the server hears nothing."""
    assert answers["network.xml"].object["tags"] == ["r", "a", "b", "c"]
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_links_in_a_zip_are_no_files_either(answers: dict[str, Loaded]) -> None:
    """What a link leads to is not read, and names that lead out of the archive are names only."""
    assert answers["links.zip"].error == ""
    assert set(answers["links.zip"].object["items"]) == {"../../escaped.txt", "/absolute.txt"}


@pytest.mark.parametrize("query", WRITES)
def test_a_query_reads_and_nothing_else(
    query: str, answers: dict[str, Loaded], laboratory: Laboratory
) -> None:
    """A database cannot be changed by a query, and no other one reached."""
    assert WRITES[query] in answers[query].error
    with closing(sqlite3.connect(laboratory.folder / "rivers.sqlite")) as database:
        assert database.execute("SELECT km FROM rivers").fetchall() == [(1006,)]


def test_a_pickle_under_another_name_is_not_unpickled(
    answers: dict[str, Loaded], laboratory: Laboratory
) -> None:
    """It comes as bytes, and what it would have done was not done."""
    assert answers["trap.bin"].object["type"] == "bytes"
    assert not Path("sprung").exists()
    assert not (laboratory.folder / "sprung").exists()
