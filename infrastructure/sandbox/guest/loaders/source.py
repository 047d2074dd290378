"""The bytes of one file, as the loaders want them: stream, text or path."""

import errno
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, BinaryIO, Self, cast

import host_files
from loaders.decoding import codec, decode
from loaders.errors import LoadFileError
from loaders.unpacking import Unpacked, refuse_bomb

if TYPE_CHECKING:
    from host_files import Kind

_WRAPPED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".br")
_JOINED_SUFFIXES = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tzst": ".tar", ".svgz": ".svg"}
_HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 20
_DEEPEST = 3


class Source:
    """The bytes of one file; a context manager that closes the descriptor.

    The host names a loader with the wrappers around its content behind plus signs
    (`csv+gzip`). `depth` counts the archives and wrappers around it.
    The streams it opens outlive it, and share one position in the file: use one
    at a time.
    """

    def __init__(
        self, fd: int, filename: str, kind: "Kind", *, wrappers: tuple[str, ...] = (), depth: int = 0
    ) -> None:
        """Take over the descriptor `fd`."""
        self.filename, self.kind, self.depth = filename, kind, depth
        self._fd, self._wrappers = fd, wrappers
        if depth > _DEEPEST:
            msg = f"{filename!r} lies in more than {_DEEPEST} archives or wrappers, which is refused."
            raise LoadFileError(msg)

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
        return Path(self.filename.lower()).suffix

    @property
    def is_wrapped(self) -> bool:
        """Whether there is compression around the content."""
        return bool(self._wrappers)

    @property
    def size_bytes(self) -> int:
        """Size of the file, with its wrappers."""
        return os.fstat(self._fd).st_size

    @property
    def reopened(self) -> str | None:
        """Path by which the bytes can be opened anew, without a copy; None when they are wrapped."""
        path = f"/proc/self/fd/{self._fd}"
        return path if not self._wrappers and os.access(path, os.R_OK) else None

    def unwrapped(self) -> "Source":
        """Return the same as what is inside of its wrappers: the host says what that is.

        Raises:
            LoadFileError: there are too many wrappers.
        """
        found = self
        while "+" in found.kind.loader:
            wrappers = (*found._wrappers, found.kind.loader.rpartition("+")[2])
            inner = Source(
                found._fd,
                _without_wrapper(found.filename),
                found.kind,
                wrappers=wrappers,
                depth=found.depth + 1,
            )
            inner.kind = host_files.identify(inner.filename, inner.head(_HEAD_BYTES))
            found = inner
        return found

    def spilled(self) -> "Source":
        """Return the same unpacked into an unnamed file, for a loader that jumps to and fro.

        Raises:
            LoadFileError: there is no room for it.
        """
        file = self._spill(self.open())
        return Source(file, self.filename, self.kind, depth=self.depth)

    def open_raw(self) -> BinaryIO:
        """Return the bytes as uploaded, from their start."""
        stream = os.fdopen(os.dup(self._fd), "rb")
        stream.seek(0)
        return stream

    def open(self) -> BinaryIO:
        """Return the content without its wrappers, from its start; the stream can seek."""
        stream, size_bytes = self.open_raw(), self.size_bytes
        for name in self._wrappers:
            raw = Unpacked(stream, name, size_bytes)
            stream = cast("BinaryIO", io.BufferedReader(raw, _CHUNK_BYTES))
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
        return content.decode(*codec(encoding)) if encoding else decode(content)

    def member(self, name: str, content: IO[bytes], packed_bytes: int) -> "Source":
        """Return a file that lies inside of this one, copied into an unnamed file.

        Raises:
            LoadFileError: there is no room for it, or it looks like a bomb.
        """
        fd = self._spill(content, packed_bytes)
        inner = Source(fd, os.path.basename(name), self.kind, depth=self.depth + 1)
        inner.kind = host_files.identify(inner.filename, inner.head(_HEAD_BYTES))
        return inner

    def copy(self, extension: str | None = None, *, raw: bool = False) -> str:
        """Copy the content to a folder of its own and return the copy's path.

        Libraries that want a path also want its extension, and some take any file
        beside it for a part of the same data set.
        """
        folder = Path(tempfile.mkdtemp(prefix="load_file_"))
        path = folder / f"file{self.extension if extension is None else extension}"
        try:
            with (
                self._full_disk_told(),
                self.open_raw() if raw else self.open() as stream,
                path.open("wb") as copy,
            ):
                shutil.copyfileobj(stream, copy, _CHUNK_BYTES)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
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

    def _spill(self, content: IO[bytes], packed_bytes: int | None = None) -> int:
        """Copy a stream into an unnamed file and return a descriptor of it."""
        with self._full_disk_told(), content, tempfile.TemporaryFile() as file:
            while chunk := content.read(_CHUNK_BYTES):
                file.write(chunk)
                refuse_bomb(file.tell(), self.size_bytes if packed_bytes is None else packed_bytes)
            file.flush()
            return os.dup(file.fileno())

    @contextmanager
    def _full_disk_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            msg = f"{self.filename!r} is too large to be unpacked here; open_file() reads it as it is."
            raise LoadFileError(msg) from None


def _without_wrapper(filename: str) -> str:
    path = Path(filename)
    suffix = path.suffix.lower()
    return (
        path.stem + _JOINED_SUFFIXES.get(suffix, "")
        if suffix in {*_WRAPPED_SUFFIXES, *_JOINED_SUFFIXES}
        else filename
    )
