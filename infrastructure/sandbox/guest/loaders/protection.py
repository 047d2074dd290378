"""Files that a password protects: told in words, whatever a library says of them."""

import zipfile

from loaders.errors import LoadFileError
from loaders.source import Source

_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4
_MANIFEST, _ENCRYPTED_ENTRY = "META-INF/manifest.xml", b"encryption-data"  # OpenDocument 1.3, part 2, 4.4
_SAID_BY_LIBRARIES = ("workbook is encrypted", "password protected")


def refuse_protected(source: Source, problem: Exception | None = None) -> None:
    """Refuse an office document that is encrypted, or of which a library's `problem` says so.

    Raises:
        LoadFileError: it is.
    """
    said = str(problem).lower()
    if _is_encrypted(source) or any(words in said for words in _SAID_BY_LIBRARIES):
        msg = f"{source.filename!r} is protected by a password; save it without one and upload it again."
        raise LoadFileError(msg)


def _is_encrypted(source: Source) -> bool:
    start = source.head(len(_OLE))
    if start == _ZIP:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            return _MANIFEST in archive.namelist() and _ENCRYPTED_ENTRY in archive.read(_MANIFEST)
    return start == _OLE and _ENCRYPTED_PACKAGE in source.read()
