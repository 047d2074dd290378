"""Uploads that unpack to far more than they are: they burst in the sandbox, never on the host."""

import bz2
import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from application.ports.sandbox import GrantedFile
from domain.executions import Outcome
from domain.file_types import HEAD_BYTES, identify
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.sandboxes import MEBIBYTE, RecordingHost, Runs

_ZEROS = bytes(16 * MEBIBYTE)


def _packed(packer: "zlib._Compress | bz2.BZ2Compressor", repeats: int) -> bytes:
    return b"".join([*(packer.compress(_ZEROS) for _ in range(repeats)), packer.flush()])


def _gzip() -> bytes:
    """Return 1 GB of zeros."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(_ZEROS)
    return out.getvalue()


def _zip(member: str, *, rest: dict[str, str] | None = None) -> bytes:
    """Return an archive with one member of 1 GB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in (rest or {}).items():
            archive.writestr(name, text)
        with archive.open(member, "w", force_zip64=True) as file:
            for _ in range(64):
                file.write(_ZEROS)
    return out.getvalue()


def _png() -> bytes:
    """Return a picture of 50,000 times 50,000 points, in grey."""
    side = 50_000

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    data = _packed(zlib.compressobj(1), side * (side + 1) // len(_ZEROS))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _laughs() -> bytes:
    """Return ten entities, each of ten of the one before."""
    entities = ['<!ENTITY l0 "ha">', *(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 11))]
    return f'<?xml version="1.0"?><!DOCTYPE a [{"".join(entities)}]><a>&l10;</a>'.encode()


def _npy() -> bytes:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,), }"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"


_SHEET = "xl/worksheets/sheet1.xml"
_WORKBOOK = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "xl/workbook.xml": "<workbook/>",
}
_FIND = """import host_files, os
granted = host_files.open_granted('abcdefghijkl')
path = f'/proc/self/fd/{granted.fd}'
print(os.stat(path).st_size)"""
_UNPACK = "import zipfile; zipfile.ZipFile(path).extractall('/work')"
_BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.csv.gz": (_gzip, "import gzip; gzip.open(path).read()"),
    "bomb.zip": (lambda: _zip("table.csv"), _UNPACK),
    "bomb.xlsx": (lambda: _zip(_SHEET, rest=_WORKBOOK), _UNPACK),
    "bomb.png": (_png, "import PIL.Image; PIL.Image.open(path).load()"),
    "laughs.xml": (_laughs, "import lxml.etree; lxml.etree.parse(path)"),
    "huge.npy": (_npy, "import numpy; numpy.load(path)"),
    "deep.json": (lambda: b"[" * 5_000_000, "import json; json.load(open(path))"),
}


class _Host(RecordingHost):
    """A host that looks at files as the program does."""

    def open_file(self, reference: str) -> GrantedFile | None:
        """Open a granted file, with what it is found to be."""
        granted = super().open_file(reference)
        if granted is None:
            return None
        kind = identify(granted.filename, granted.content.read(HEAD_BYTES))
        return replace(granted, kind=kind)


@pytest.mark.attack(19)
@pytest.mark.thorough
@pytest.mark.parametrize("name", _BOMBS)
def test_a_bomb_bursts_in_the_run_alone(sandbox: BubblewrapSandbox, tmp_path: Path, name: str) -> None:
    """Loading and unpacking it ends in an error, a kill or a cut, and the host's memory stays as it was."""
    make, unpack = _BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    attack = Runs(sandbox, _Host(granted={"abcdefghijkl": path}))
    before = _resident_mb()
    load = "try: load_file('abcdefghijkl')\nexcept Exception as error: print(type(error).__name__)"
    loaded = attack(load, timeout_s=15.0)
    unpacked = attack(f"{_FIND}\n{unpack}", timeout_s=15.0)
    assert attack.printed(_FIND) == str(path.stat().st_size)  # what failed is the unpacking, not the finding
    assert unpacked.outcome in {Outcome.FAILED, Outcome.KILLED, Outcome.TIMED_OUT}
    assert loaded.outcome is not Outcome.FAILED
    assert sum(map(len, attack.host.outputs.values())) <= 2 * 32 * MEBIBYTE
    assert _resident_mb() - before < 60
    assert attack.printed("print('alive')") == "alive"


def _resident_mb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MEBIBYTE
