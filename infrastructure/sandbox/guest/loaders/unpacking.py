"""Compressed content as a stream that stops at what no honest file unpacks to."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from loaders.errors import LoadFileError

MOST_BYTES = 8 << 30
"""What one file may unpack to."""

MOST_TIMES = 100
"""How many times its own size a file may unpack to, beyond `UNWATCHED_BYTES`."""

UNWATCHED_BYTES = 64 << 20

_SKIPPED_BYTES = 1 << 20


def refuse_bomb(unpacked_bytes: int, packed_bytes: int) -> None:
    """Refuse what unpacks to far more than it is.

    Raises:
        LoadFileError: it does.
    """
    most = min(max(UNWATCHED_BYTES, packed_bytes * MOST_TIMES), MOST_BYTES)
    if unpacked_bytes > most:
        msg = (
            f"It unpacks to more than {most >> 20:,} MB, of {packed_bytes:,} bytes, which is refused: it "
            "looks like a bomb. open_file() gives its bytes to a program of your own."
        )
        raise LoadFileError(msg)


def refuse_zip_bomb(stream: BinaryIO, packed_bytes: int) -> None:
    """Refuse an archive whose table of contents promises far more than it is; `stream` is closed.

    Raises:
        LoadFileError: it does, or it has none.
    """
    try:
        with stream, zipfile.ZipFile(stream) as archive:
            unpacked_bytes = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        msg = "It is damaged: its table of contents, at its end, is missing. Upload it again."
        raise LoadFileError(msg) from None
    refuse_bomb(unpacked_bytes, packed_bytes)


def _by_arrow(name: str) -> Callable[[BinaryIO], Any]:
    def opened(packed: BinaryIO) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - dear to import, and rarely needed

        return pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), name)

    return opened


UNWRAPPERS: dict[str, Callable[[BinaryIO], Any]] = {
    "gzip": lambda packed: gzip.GzipFile(fileobj=packed),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "zstd": _by_arrow("zstd"),
    "lz4": _by_arrow("lz4"),
    "brotli": _by_arrow("brotli"),
}


class Unpacked(io.RawIOBase):
    """What is inside of a compressed stream. It can seek, by unpacking anew.

    `packed` is read from its start, and closed with this.
    """

    def __init__(self, packed: BinaryIO, wrapper: str, packed_bytes: int) -> None:
        """Unpack `packed`, which has `packed_bytes`."""
        self._packed, self._open, self._packed_bytes = packed, UNWRAPPERS[wrapper], packed_bytes
        self._position = 0
        self._inner = self._open(packed)

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer.

        Raises:
            LoadFileError: the compressed bytes are damaged or end too early, or look like a bomb.
        """
        try:
            chunk = self._inner.read(len(buffer))
        except LoadFileError:
            raise  # that of a wrapper within
        except (EOFError, OSError, ValueError, lzma.LZMAError, zlib.error) as error:
            msg = (
                f"What is compressed in it is damaged or cut off after {self._position:,} bytes "
                f"({error}). Upload it again. as_='bytes' gives the file as it is."
            )
            raise LoadFileError(msg) from None
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        refuse_bomb(self._position, self._packed_bytes)
        return len(chunk)

    def tell(self) -> int:
        """Return how many unpacked bytes were read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an unpacked position: what lies before it is unpacked for nothing."""
        target = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence, 0)
        if whence == io.SEEK_END:
            target = offset + self._skip(MOST_BYTES + 1)
        if target < self._position:
            self._packed.seek(0)
            self._inner, self._position = self._open(self._packed), 0
        return self._skip(target)

    def close(self) -> None:
        """Close the compressed stream, too."""
        if not self.closed:
            self._inner.close()
            self._packed.close()
        super().close()

    def _skip(self, target: int) -> int:
        while self._position < target and self.read(min(_SKIPPED_BYTES, target - self._position)):
            pass
        return self._position
