"""Archives as ZIP files, which every system opens, with a manifest of sizes and SHA-256 as the last member.

Times, owners and modes are the same in each, so that the same members give the same bytes.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import orjson

from application.ports.archives import Member
from domain.errors import InvalidValueError
from infrastructure.files import os_errors

FORMAT = "fileledger export 1"
MANIFEST = "manifest.json"
CHUNK_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 1 << 24
_FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP file can tell
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)


class ZipArchives:
    """`Archives` as ZIP files."""

    def write(self, target: BinaryIO, members: Iterable[Member]) -> None:
        """Write members and their manifest."""
        with os_errors("write the archive"), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = [_write(archive, member) for member in members]
            manifest = orjson.dumps({"format": FORMAT, "members": rows}, option=orjson.OPT_INDENT_2)
            _write(archive, Member(MANIFEST, lambda: [manifest]))

    @contextmanager
    def open(self, source: BinaryIO) -> Iterator["OpenZip"]:
        """Open an archive and read its manifest."""
        with os_errors("read the archive"), _faults(), zipfile.ZipFile(source) as archive:
            yield OpenZip(archive, _manifest(archive))


class OpenZip:
    """A ZIP file that is being read, held against its manifest."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Mapping[str, tuple[int, str]]) -> None:
        self._archive, self._manifest = archive, manifest

    def names(self) -> Sequence[str]:
        """Return the names in the manifest."""
        return list(self._manifest)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes, never more than the manifest says."""
        if name not in self._manifest:
            msg = f"it has no {name!r}"
            raise _refusal(msg)
        size_bytes, sha256 = self._manifest[name]
        digest, rest = hashlib.sha256(), size_bytes
        with self._archive.open(name) as member:
            while rest >= 0 and (chunk := member.read(CHUNK_BYTES)):
                rest -= len(chunk)
                digest.update(chunk)
                yield chunk
        if (rest, digest.hexdigest()) != (0, sha256):
            msg = f"{name!r} is not what its manifest says"
            raise _refusal(msg)


def _write(archive: zipfile.ZipFile, member: Member) -> dict[str, object]:
    info = zipfile.ZipInfo(member.name, _FIRST_TIME)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
    digest, size_bytes = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as file:
        for chunk in member.content():
            file.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
    return {"name": member.name, "size_bytes": size_bytes, "sha256": digest.hexdigest()}


def _manifest(archive: zipfile.ZipFile) -> dict[str, tuple[int, str]]:
    with archive.open(MANIFEST) as file:
        manifest = orjson.loads(file.read(MAX_MANIFEST_BYTES))
    if manifest["format"] != FORMAT:
        msg = f"its format is {str(manifest['format'])[:40]!r}, not {FORMAT!r}"
        raise _refusal(msg)
    return {str(row["name"]): (int(row["size_bytes"]), str(row["sha256"])) for row in manifest["members"]}


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except InvalidValueError:
        raise
    except _BROKEN as error:
        raise _refusal(str(error)[:100] or type(error).__name__) from error


def _refusal(why: str) -> InvalidValueError:
    return InvalidValueError(
        f"This is no whole archive of `fileledger export`: {why}. Nothing was imported; take another copy."
    )
