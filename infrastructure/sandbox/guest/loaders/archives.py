"""Archives: the one table that is in them, or a mapping that unpacks what is asked for."""

import io
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Protocol

from loaders.errors import LoadFileError
from loaders.notes import note
from loaders.opening import load
from loaders.registry import Options
from loaders.source import Source
from loaders.unpacking import MOST_TIMES, UNWATCHED_BYTES, refuse_bomb

_MOST_MEMBERS = 100_000
_LOOKED_AT = 20
_SHOWN = 20
_FEW_SHOWN = 5
_TABLES = frozenset({"tabular", "spreadsheet", "columnar", "statistics", "geospatial"})
_MAP_SETS = (".shp", ".mif")
_ASIDE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


class Reader(Protocol):
    """What is different from archive to archive."""

    def names(self) -> list[str]:
        """Return the names of the files in it, without folders and links."""

    def open(self, name: str) -> tuple[IO[bytes], int]:
        """Return a file's content, unpacked, and what it takes in the archive, in bytes."""


class Archive(Mapping[str, Any]):
    """The files of an archive by name: each is unpacked and loaded when it is asked for."""

    def __init__(self, source: Source, reader: Reader) -> None:
        """Look into `source`, which this keeps a descriptor of."""
        self._source, self._reader = source, reader
        self._names = [name for name in reader.names() if not _is_aside(name)]
        if len(self._names) > _MOST_MEMBERS:
            msg = f"{source.filename!r} holds more than {_MOST_MEMBERS:,} files, which is refused."
            raise LoadFileError(msg)

    def __getitem__(self, name: str) -> Any:
        """Load a file of the archive, as `load_file` would."""
        return self.load(name)

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self._names)

    def __repr__(self) -> str:
        """Return the names, not the contents."""
        more = [f"  … and {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else []
        return "\n".join(["Archive (", *(f"  {name!r}" for name in self._names[:_SHOWN]), *more, ")"])

    def load(self, name: str, as_: str | None = None, **options: Any) -> Any:
        """Load a file of the archive with options of `load_file`.

        Raises:
            KeyError: there is none of that name.
            LoadFileError: the content or an option does not fit, or it looks like a bomb.
        """
        with self.member(name) as inner:
            return load(inner, as_, options)

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return bytes(self.load(name, as_="bytes"))

    def member(self, name: str) -> Source:
        """Return a file's bytes as a source.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self._names:
            shown = ", ".join(map(repr, self._names[:_SHOWN])) or "no files"
            msg = f"There is no {name!r} in {self._source.filename!r}; it holds {shown}."
            raise KeyError(msg)
        content, packed_bytes = self._reader.open(name)
        return self._source.member(name, content, packed_bytes)


class _Zip:
    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        self._archive = zipfile.ZipFile(stream)
        entries = self._archive.infolist()
        self._entries = {
            entry.filename: entry for entry in entries if not entry.is_dir() and not _is_link(entry)
        }
        refuse_bomb(sum(entry.file_size for entry in entries), size_bytes)

    def names(self) -> list[str]:
        return list(self._entries)

    def open(self, name: str) -> tuple[IO[bytes], int]:
        entry = self._entries[name]
        if entry.flag_bits & 1:
            raise _protected(name)
        return self._archive.open(entry), entry.compress_size


class _Tar:
    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        self._archive = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115 - lives as long as the mapping
        self._size_bytes = size_bytes
        self._entries = {entry.name: entry for entry in self._archive.getmembers() if entry.isreg()}

    def names(self) -> list[str]:
        return list(self._entries)

    def open(self, name: str) -> tuple[IO[bytes], int]:
        content = self._archive.extractfile(self._entries[name])
        if content is None:
            msg = f"{name!r} cannot be read from the archive."
            raise LoadFileError(msg)
        return content, self._size_bytes


class _SevenZip:
    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        import py7zr  # noqa: PLC0415 - it comes as a package

        self._size_bytes = size_bytes
        self._stream = stream
        with py7zr.SevenZipFile(stream) as archive:
            entries = [entry for entry in archive.list() if not entry.is_directory]
            refuse_bomb(sum(entry.uncompressed for entry in entries), size_bytes)
            self._names = [entry.filename for entry in entries]

    def names(self) -> list[str]:
        return self._names

    def open(self, name: str) -> tuple[IO[bytes], int]:
        import py7zr  # noqa: PLC0415 - it comes as a package

        self._stream.seek(0)
        with (
            tempfile.TemporaryDirectory(prefix="load_file_") as folder,
            py7zr.SevenZipFile(self._stream) as archive,
        ):
            archive.extract(folder, targets=[name])
            path = Path(folder) / name
            if path.is_symlink():
                msg = f"{name!r} is a link, which is refused."
                raise LoadFileError(msg)
            return io.BytesIO(path.read_bytes()), self._size_bytes


class _Rar:
    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        import rars  # noqa: PLC0415 - it comes as a package

        with stream:
            self._archive = rars.RarFile(stream.read())
        entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        refuse_bomb(sum(entry.file_size for entry in entries), size_bytes)
        self._entries = {entry.filename: entry for entry in entries if not stat.S_ISLNK(entry.file_attr)}
        self._options = rars.ReadOptions(
            max_member_output_bytes=max(UNWATCHED_BYTES, size_bytes * MOST_TIMES)
        )

    def names(self) -> list[str]:
        return list(self._entries)

    def open(self, name: str) -> tuple[IO[bytes], int]:
        entry = self._entries[name]
        if entry.is_encrypted:
            raise _protected(name)
        return io.BytesIO(self._archive.read(name, options=self._options)), entry.compress_size


def load_zip(source: Source, options: Options) -> Any:
    """Return the one table in a ZIP archive, or its files as a mapping."""
    return _opened(Archive(source, _Zip(source.open(), source.size_bytes)), source, options)


def load_tar(source: Source, options: Options) -> Any:
    """Return the one table in a TAR archive, or its files as a mapping."""
    return _opened(Archive(source, _Tar(source.open(), source.size_bytes)), source, options)


def load_7z(source: Source, options: Options) -> Any:
    """Return the one table in a 7-Zip archive, or its files as a mapping."""
    return _opened(Archive(source, _SevenZip(source.open(), source.size_bytes)), source, options)


def load_rar(source: Source, options: Options) -> Any:
    """Return the one table in a RAR archive, or its files as a mapping."""
    return _opened(Archive(source, _Rar(source.open(), source.size_bytes)), source, options)


def _protected(name: str) -> LoadFileError:
    return LoadFileError(f"{name!r} is protected by a password; unpack it and upload it again.")


def _opened(archive: Archive, source: Source, options: Options) -> Any:
    member = options.pop("member", None)
    if member is not None:
        return archive.load(member, **options)
    maps = [name for name in archive if name.lower().endswith(_MAP_SETS)]
    if maps:
        return _map_sets(archive, maps, options)
    only = _only_table(archive)
    if only is not None:
        _tell_of_others(archive, only)
        return archive.load(only, **options)
    if options:
        msg = f"{source.filename!r} holds several files: choose one by member=. {archive!r}"
        raise LoadFileError(msg)
    note(f"the archive holds {len(archive):,} files; each is loaded when it is asked for, by its name in [].")
    return archive


def _only_table(archive: Archive) -> str | None:
    """Return the name of the only file, or of the only table among a few other files."""
    names = list(archive)
    if len(names) == 1:
        return names[0]
    found = []
    for name in names[: _LOOKED_AT + 1]:
        with archive.member(name) as inner:
            if inner.unwrapped().kind.family in _TABLES:
                found.append(name)
    return found[0] if len(found) == 1 and len(names) <= _LOOKED_AT else None


def _tell_of_others(archive: Archive, table: str) -> None:
    others = [name for name in archive if name != table]
    if others:
        listed = ", ".join(map(repr, others[:_FEW_SHOWN])) + (", …" if len(others) > _FEW_SHOWN else "")
        note(f"{table!r} is the one table of the archive; member= opens the others: {listed}.")


def _map_sets(archive: Archive, maps: list[str], options: Options) -> Any:
    """Load maps that consist of several files each, with all that lies beside them."""
    from loaders.geo import layers_of  # noqa: PLC0415 - dear to import
    from loaders.tables import one_or_all  # noqa: PLC0415 - the same

    stems = {str(PurePosixPath(name).with_suffix("")) for name in maps}
    with tempfile.TemporaryDirectory(prefix="load_file_") as folder:
        for place, stem in enumerate(sorted(stems)):
            beside = Path(folder) / str(place)  # a folder of its own for each, whatever its name
            beside.mkdir()
            for name in archive:
                if str(PurePosixPath(name).with_suffix("")) == stem:
                    (beside / f"map{PurePosixPath(name.lower()).suffix}").write_bytes(archive.read(name))
        found = {}
        for place, stem in enumerate(sorted(stems)):
            suffix = next(PurePosixPath(name.lower()).suffix for name in maps if name.startswith(stem))
            found[PurePosixPath(stem).name] = layers_of(f"{folder}/{place}/map{suffix}", dict(options))
    return one_or_all(found, "member", "maps")


def _is_aside(name: str) -> bool:
    return any(part in _ASIDE or part.startswith("._") for part in PurePosixPath(name).parts)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)
