"""What a row of the table of file types is, and short ways to write one."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Family(StrEnum):
    """What a file type is about."""

    TABULAR = "tabular"
    SPREADSHEET = "spreadsheet"
    STRUCTURED = "structured"
    DATABASE = "database"
    COLUMNAR = "columnar"
    SCIENTIFIC = "scientific"
    STATISTICS = "statistics"
    OBJECT = "python object"
    LEARNING = "machine learning"
    GEOSPATIAL = "geospatial"
    GRAPH = "graph"
    BIOLOGY = "biology"
    CHEMISTRY = "chemistry"
    SHAPE = "3D"
    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"
    FONT = "font"
    NETWORK = "network"
    ARCHIVE = "archive"
    TEXT = "text"
    CODE = "code"
    CONFIG = "config"
    BINARY = "binary"


@dataclass(frozen=True)
class FileType:
    """A row of the table.

    `label` is what people read. `loader` is a key of `LOADERS`, which the guest
    has a function for. `signature` is a regular expression that the start of a
    file of this type matches. `container` is the label of the wider type that a
    file named so must at least look like (an `.xlsx` is a ZIP archive).
    """

    label: str
    family: Family
    loader: str
    extensions: tuple[str, ...] = ()
    signature: bytes = b""
    container: str = ""
    is_text: bool = False

    def recognises(self, head: bytes) -> bool:
        """Tell whether `head` carries the signature of this type."""
        return self._pattern is not None and self._pattern.match(head) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[bytes] | None:
        return re.compile(self.signature, re.DOTALL) if self.signature else None

    def may_be_unsigned(self, *, text: bool) -> bool:
        """Tell whether content without any known signature can be of this type: text, or binary.

        Text in a container is recognised by the container's start more often than not.
        """
        shows_nothing = not self.signature or (self.is_text and self.container)
        return self.is_text is text and bool(shows_nothing) and (text or not self.container)


@dataclass(frozen=True)
class Loader:
    """What a loader makes of a file, and by which library.

    `needs` are the modules that are not in the code environment: they come as
    layers of packages, once, when the first file that needs them is loaded.
    """

    makes: str
    library: str
    needs: tuple[str, ...] = ()

    @property
    def tier(self) -> str:
        """Whether it is there from the start."""
        return "on demand" if self.needs else "core"


@dataclass(frozen=True)
class Wrapper:
    """A compression around one file; `extensions` pair its own with that of what is inside.

    One without a signature is told by its extension alone.
    """

    name: str
    signature: bytes
    extensions: tuple[tuple[str, str], ...]


def binary(
    label: str, family: Family, loader: str, extensions: str, signature: bytes = b"", container: str = ""
) -> FileType:
    """Return a type that is no text."""
    return FileType(label, family, loader, tuple(extensions.split()), signature, container)


def text(
    label: str, family: Family, loader: str, extensions: str, signature: bytes = b"", container: str = ""
) -> FileType:
    """Return a type that is text."""
    return FileType(label, family, loader, tuple(extensions.split()), signature, container, is_text=True)


def texts(family: Family, rows: str) -> tuple[FileType, ...]:
    """Return types that load as plain text, from lines of a label and its extensions."""
    pairs = (row.strip().rsplit(": ", 1) for row in rows.strip().splitlines())
    return tuple(text(label, family, "text", extensions) for label, extensions in pairs)


def entry(name: bytes) -> bytes:
    """Return the signature of a ZIP archive that has an entry named like `name` near its start."""
    return rb"(?=PK\x03\x04).*PK\x03\x04.{26}" + name  # a local file header is 30 bytes and the name


def root(element: bytes) -> bytes:
    """Return the signature of an XML document with this root element."""
    return BLANK + rb"(<\?xml\b.*)?<" + element + rb"\b"


BLANK = rb"(\xef\xbb\xbf)?\s*"
"""What may stand before the first character of text: a byte order mark, and white space."""
