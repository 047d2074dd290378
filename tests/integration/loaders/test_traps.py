"""Files that were made to harm: bombs, traps, and names that lead elsewhere."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
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
    "nested.zip": (lambda: _nested(6), "more than 3 archives"),
    "laughs.yaml": (_LAUGHS.encode, "looks like a bomb"),
    "pixels.png": (lambda: _png(60_000, 60_000), "decompression bomb"),
    "objects.npy": (_npy_of_objects, "allow_pickle=False"),
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


@pytest.fixture(scope="module")
def answers(laboratory: Laboratory) -> dict[str, Loaded]:
    """Every trap, in one process."""
    for name, (make, _) in REFUSED.items():
        laboratory.write(name, make())
    laboratory.write("links.tar", _tar_with_links())
    laboratory.write("trap.bin", pickle.dumps(_Trap()))
    names = [*REFUSED, "links.tar", "trap.bin"]
    return dict(zip(names, laboratory.load([(name, {}) for name in names]), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_a_trap_is_refused_and_says_why(name: str, answers: dict[str, Loaded]) -> None:
    """Before it has unpacked to what the memory of a run holds."""
    assert answers[name].error.startswith("LoadFileError: ")
    assert REFUSED[name][1] in answers[name].error


def test_links_and_devices_in_an_archive_are_no_files(answers: dict[str, Loaded]) -> None:
    """Names that lead out of it are names only: nothing is unpacked to a place of its choice."""
    assert answers["links.tar"].error == ""
    assert set(answers["links.tar"].object["items"]) == {"../../escaped.txt", "/absolute.txt"}


def test_a_pickle_under_another_name_is_not_unpickled(
    answers: dict[str, Loaded], laboratory: Laboratory
) -> None:
    """It comes as bytes, and what it would have done was not done."""
    assert answers["trap.bin"].object["type"] == "bytes"
    assert not Path("sprung").exists()
    assert not (laboratory.folder / "sprung").exists()
