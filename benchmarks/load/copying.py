"""An upload of 10 MB beside copying, hashing and fsyncing the same bytes, in turns."""

import hashlib
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from interfaces.wiring import Wiring

SIZE_BYTES = 10_000_000
CHUNK_BYTES = 1 << 20
"""What the command line hands on at a time; Discord's pieces are no larger."""
USER = "copier"


def copying_ms(wiring: Wiring, folder: Path, rounds: int) -> tuple[float, float]:
    """Return the medians of copying and of uploading; the first round of each is not counted."""
    source, target = folder / "ten-megabytes.bin", folder / "copy.bin"
    source.write_bytes(os.urandom(SIZE_BYTES))
    copied, uploaded = list[float](), list[float]()
    for number in range(rounds + 1):
        began = time.perf_counter()
        _copy(source, target)
        copied.append((time.perf_counter() - began) * 1000)
        target.unlink()
        began = time.perf_counter()
        wiring.upload(USER, "data.bin", _chunks(source), source=f"copy:{time.monotonic_ns()}-{number}")
        uploaded.append((time.perf_counter() - began) * 1000)
    source.unlink()
    return statistics.median(copied[1:]), statistics.median(uploaded[1:])


def _copy(source: Path, target: Path) -> None:
    """Copy to a new file on the same disk, hash on the way, and make the copy durable."""
    digest = hashlib.sha256()
    with target.open("xb") as copy:
        for chunk in _chunks(source):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())


def _chunks(source: Path) -> Iterator[bytes]:
    with source.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
