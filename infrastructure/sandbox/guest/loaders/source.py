"""The bytes of one granted file, as the loaders want them: stream, text or path."""

import bz2
import errno
import gzip
import lzma
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from loaders.decoding import decode
from loaders.errors import LoadFileError

if TYPE_CHECKING:
    from host_files import Granted

UNWRAPPERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "gzip": lambda packed: cast("BinaryIO", gzip.GzipFile(fileobj=packed)),
    "bzip2": lambda packed: cast("BinaryIO", bz2.BZ2File(packed)),
    "xz": lambda packed: cast("BinaryIO", lzma.LZMAFile(packed)),  # noqa: SIM115 - the caller closes it
}
_WRAPPED_SUFFIXES = (".gz", ".bz2", ".xz")


class Source:
    """One granted file, unwrapped; a context manager that closes the descriptor.

    The host names a loader with the wrappers around its content behind plus signs
    (`csv+gzip`).
    The streams it opens outlive it, and share one position in the file: use one
    at a time.
    """

    def __init__(self, granted: "Granted") -> None:
        """Take over the descriptor of `granted`."""
        self.filename = granted.filename
        self.file_type = granted.file_type
        self._fd = granted.fd
        self.loader, *self._wrappers = granted.loader.split("+")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the descriptor."""
        os.close(self._fd)

    @property
    def extension(self) -> str:
        """Extension of the content (`.csv` of `a.csv.gz`), lower case with its dot, or empty."""
        path = Path(self.filename.lower())
        return Path(path.stem).suffix if path.suffix in _WRAPPED_SUFFIXES else path.suffix

    def open_raw(self) -> BinaryIO:
        """Return the bytes as uploaded, from their start."""
        stream = os.fdopen(os.dup(self._fd), "rb")
        stream.seek(0)
        return stream

    def open(self) -> BinaryIO:
        """Return the content without its wrappers, from its start; the stream can seek."""
        stream = self.open_raw()
        for name in self._wrappers:
            stream = UNWRAPPERS[name](stream)
        return stream

    def head(self, size_bytes: int) -> bytes:
        """Return the first bytes of the content."""
        with self.open() as stream:
            return stream.read(size_bytes)

    def read(self, *, raw: bool = False) -> bytes:
        """Return the whole content, or the bytes as uploaded."""
        with self.open_raw() if raw else self.open() as stream:
            return stream.read()

    def text(self, encoding: str | None = None) -> str:
        """Return the whole content as text, in `encoding` or in the one that fits."""
        content = self.read()
        return content.decode(encoding) if encoding else decode(content)

    def copy(self, extension: str | None = None, *, raw: bool = False) -> str:
        """Copy the content to a folder of its own and return the copy's path.

        Libraries that want a path also want its extension, and some take any file
        beside it for a part of the same data set.
        """
        folder = Path(tempfile.mkdtemp(prefix="load_file_"))
        path = folder / f"file{self.extension if extension is None else extension}"
        try:
            with self.open_raw() if raw else self.open() as stream, path.open("wb") as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            if error.errno != errno.ENOSPC:
                raise
            msg = f"{self.filename!r} is too large to be copied here; open_file() reads it without a copy."
            raise LoadFileError(msg) from None
        return str(path)

    @contextmanager
    def path(self, extension: str | None = None) -> Iterator[str]:
        """Lend a path for a library that takes nothing else, without a copy unless something is wrapped.

        The name has the content's extension and leads to the descriptor; what is
        opened by it stays open afterwards.
        """
        if self._wrappers:
            with self.temporary_copy(extension) as path:
                yield path
            return
        with tempfile.TemporaryDirectory(prefix="load_file_") as folder:
            link = Path(folder) / f"file{self.extension if extension is None else extension}"
            link.symlink_to(f"/proc/self/fd/{self._fd}")
            yield str(link)

    @contextmanager
    def temporary_copy(self, extension: str | None = None) -> Iterator[str]:
        """Lend a copy's path; the copy is gone afterwards."""
        path = self.copy(extension)
        try:
            yield path
        finally:
            shutil.rmtree(Path(path).parent, ignore_errors=True)
