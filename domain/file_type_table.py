"""The one table of file types: a row a type, data only.

`domain.file_types` decides by it what a file is. Of two rows whose signatures
fit the same bytes, the earlier one is the narrower type.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


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
    GEOSPATIAL = "geospatial"
    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"
    ARCHIVE = "archive"
    TEXT = "text"
    CODE = "code"
    CONFIG = "config"
    BINARY = "binary"


@dataclass(frozen=True)
class FileType:
    """A row of the table.

    `label` is what people read. `loader` names the guest's loader. `signature` is
    a regular expression that the start of a file of this type matches.
    `container` is the label of the wider type that a file named so must at least
    look like (an `.xlsx` is a ZIP archive).
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
        return bool(self.signature) and re.match(self.signature, head, re.DOTALL) is not None

    @property
    def may_be_unsigned(self) -> bool:
        """Whether binary content without any known signature can be of this type."""
        return not (self.is_text or self.signature or self.container)


@dataclass(frozen=True)
class Wrapper:
    """A compression around one file; `extensions` pair its own with that of what is inside."""

    name: str
    signature: bytes
    extensions: tuple[tuple[str, str], ...]


def _binary(
    label: str, family: Family, loader: str, extensions: str, signature: bytes = b"", container: str = ""
) -> FileType:
    return FileType(label, family, loader, tuple(extensions.split()), signature, container)


def _text(
    label: str, family: Family, loader: str, extensions: str, signature: bytes = b"", container: str = ""
) -> FileType:
    return FileType(label, family, loader, tuple(extensions.split()), signature, container, is_text=True)


def _texts(family: Family, rows: str) -> tuple[FileType, ...]:
    """Return types that load as plain text, from lines of a label and its extensions."""
    pairs = (row.strip().rsplit(": ", 1) for row in rows.strip().splitlines())
    return tuple(_text(label, family, "text", extensions) for label, extensions in pairs)


def _entry(name: bytes) -> bytes:
    """Return the signature of a ZIP archive that has an entry named like `name` near its start."""
    return rb"(?=PK\x03\x04).*PK\x03\x04.{26}" + name  # a local file header is 30 bytes and the name


def _root(element: bytes) -> bytes:
    """Return the signature of an XML document with this root element."""
    return _BLANK + rb"(<\?xml\b.*)?<" + element + rb"\b"


_BLANK = rb"(\xef\xbb\xbf)?\s*"
_OLE = rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_DOCUMENT = rb"mimetypeapplication/vnd\.oasis\.opendocument\."

TEXT = _text("Text", Family.TEXT, "text", ".txt .text")
BINARY = _binary("Binary", Family.BINARY, "bytes", "")
COMPRESSED = _binary("Compressed file", Family.ARCHIVE, "any", "")
CSV = _text("CSV", Family.TABULAR, "csv", ".csv")

WRAPPERS = (
    Wrapper("gzip", rb"\x1f\x8b\x08", ((".gz", ""), (".tgz", ".tar"), (".svgz", ".svg"))),
    Wrapper("bzip2", rb"BZh[1-9]1AY&SY", ((".bz2", ""), (".tbz2", ".tar"))),
    Wrapper("xz", rb"\xfd7zXZ\x00", ((".xz", ""), (".txz", ".tar"))),
)

_TABLES = (
    CSV,
    _text("TSV", Family.TABULAR, "csv", ".tsv .tab"),
    _binary("Excel", Family.SPREADSHEET, "excel", ".xlsx .xlsm .xltx .xltm .xlsb", _entry(rb"xl/"), "ZIP"),
    _binary(
        "Excel", Family.SPREADSHEET, "excel", ".xls .xlt", _OLE + rb".*W\x00o\x00r\x00k\x00b\x00o\x00", "OLE"
    ),
    _binary("Excel", Family.SPREADSHEET, "excel", ".xlsx .xlsm .xlsb", container="OLE"),  # with a password
    _binary(
        "OpenDocument spreadsheet",
        Family.SPREADSHEET,
        "excel",
        ".ods",
        _entry(_OPEN_DOCUMENT + rb"spreadsheet"),
        "ZIP",
    ),
    _binary("Parquet", Family.COLUMNAR, "parquet", ".parquet .pq", rb"PAR1[^\t\n\r -~]"),
    _binary("Feather", Family.COLUMNAR, "feather", ".feather .arrow", rb"ARROW1\x00\x00|FEA1"),
)

_STRUCTURED = (
    _text(
        "JSON Lines",
        Family.STRUCTURED,
        "jsonl",
        ".jsonl .ndjson",
        _BLANK + rb"\{ ?\"[^\n]*\}\s*\n\{ ?\"",
        "JSON",
    ),
    _text("JSON", Family.STRUCTURED, "json", ".json", _BLANK + rb"(\{\s*\"|\[\s*\{\s*\")"),
    _text("GeoJSON", Family.GEOSPATIAL, "geo", ".geojson", container="JSON"),
    _text("YAML", Family.STRUCTURED, "yaml", ".yaml .yml", container="JSON"),  # JSON is YAML, too
    _text("TOML", Family.STRUCTURED, "toml", ".toml"),
    _text("GPX", Family.GEOSPATIAL, "geo", ".gpx", _root(rb"gpx"), "XML"),
    _text("KML", Family.GEOSPATIAL, "geo", ".kml", _root(rb"kml"), "XML"),
    _text("SVG", Family.IMAGE, "text", ".svg", _root(rb"svg"), "XML"),
    _text("HTML", Family.DOCUMENT, "text", ".html .htm .xhtml", _root(rb"(?i:!doctype html|html)"), "XML"),
    _text("XML", Family.STRUCTURED, "xml", ".xml", _BLANK + rb"<\?xml\b"),
)

_DATABASES = (
    _binary(
        "GeoPackage", Family.GEOSPATIAL, "geopackage", ".gpkg", rb"SQLite format 3\x00.{52}GPKG", "SQLite"
    ),
    _binary("SQLite", Family.DATABASE, "sqlite", ".sqlite .sqlite3 .db .db3 .s3db", rb"SQLite format 3\x00"),
    _text("SQL", Family.DATABASE, "sql", ".sql"),
)

_SCIENTIFIC = (
    _binary("MATLAB", Family.SCIENTIFIC, "matlab", ".mat", rb"MATLAB [57]\.\d MAT-file"),
    _binary("MATLAB", Family.SCIENTIFIC, "matlab", ".mat"),  # version 4 has no signature
    _binary(
        "HDF5",
        Family.SCIENTIFIC,
        "hdf5",
        ".h5 .hdf5 .hdf .he5",
        rb"(.{512}|.{1024}|.{2048})?\x89HDF\r\n\x1a\n",
    ),
    _binary("NumPy array", Family.SCIENTIFIC, "npy", ".npy", rb"\x93NUMPY"),
    _binary("NumPy archive", Family.SCIENTIFIC, "npz", ".npz", _entry(rb"[^\x00]{1,99}\.npy"), "ZIP"),
    _binary("SPSS", Family.STATISTICS, "spss", ".sav .zsav", rb"\$FL[23]@\(#\)"),
    _binary(
        "Stata",
        Family.STATISTICS,
        "stata",
        ".dta",
        rb"<stata_dta>|[\x68\x69\x6c\x6e\x6f\x71-\x73][\x01\x02]\x01\x00",
    ),
    _binary(
        "SAS",
        Family.STATISTICS,
        "sas",
        ".sas7bdat",
        rb"\x00{12}\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11",
    ),
    # No signature on purpose: unpickling runs code, so only a name that asks for it does it.
    _binary("Pickle", Family.OBJECT, "pickle", ".pickle .pkl"),
    _binary("Joblib", Family.OBJECT, "pickle", ".joblib"),
    _binary("Shapefile", Family.GEOSPATIAL, "shapefile", ".shp", rb"\x00\x00\x27\x0a\x00{20}"),
)

_IMAGES = (
    _binary("PNG image", Family.IMAGE, "image", ".png .apng", rb"\x89PNG\r\n\x1a\n"),
    _binary("JPEG image", Family.IMAGE, "image", ".jpg .jpeg .jfif", rb"\xff\xd8\xff"),
    _binary("GIF image", Family.IMAGE, "image", ".gif", rb"GIF8[79]a"),
    _binary("WebP image", Family.IMAGE, "image", ".webp", rb"RIFF.{4}WEBP"),
    _binary("BMP image", Family.IMAGE, "image", ".bmp", rb"BM.{4}\x00{4}"),
    _binary("TIFF image", Family.IMAGE, "image", ".tif .tiff", rb"II[*+]\x00|MM\x00[*+]"),
    _binary("Icon", Family.IMAGE, "image", ".ico", rb"\x00\x00\x01\x00[^\x00]\x00"),
)

_DOCUMENTS = (
    _binary("PDF", Family.DOCUMENT, "bytes", ".pdf", rb"%PDF-"),
    _binary("Word", Family.DOCUMENT, "bytes", ".docx .docm", _entry(rb"word/"), "ZIP"),
    _binary("PowerPoint", Family.DOCUMENT, "bytes", ".pptx .pptm", _entry(rb"ppt/"), "ZIP"),
    _binary("EPUB", Family.DOCUMENT, "bytes", ".epub", _entry(rb"mimetypeapplication/epub\+zip"), "ZIP"),
    _binary("OpenDocument", Family.DOCUMENT, "bytes", ".odt .odp", _entry(_OPEN_DOCUMENT), "ZIP"),
    _binary("Word", Family.DOCUMENT, "bytes", ".doc", container="OLE"),
    _binary("PowerPoint", Family.DOCUMENT, "bytes", ".ppt", container="OLE"),
    _binary("Outlook message", Family.DOCUMENT, "bytes", ".msg", container="OLE"),
)

_SOUND_AND_VIDEO = (
    _binary("WAV audio", Family.AUDIO, "bytes", ".wav", rb"RIFF.{4}WAVE"),
    _binary("MP3 audio", Family.AUDIO, "bytes", ".mp3", rb"ID3[\x02-\x04]|\xff[\xfb\xf3\xf2]"),
    _binary("FLAC audio", Family.AUDIO, "bytes", ".flac", rb"fLaC"),
    _binary("Ogg audio", Family.AUDIO, "bytes", ".ogg .oga .opus", rb"OggS"),
    _binary("M4A audio", Family.AUDIO, "bytes", ".m4a", rb".{4}ftypM4A"),
    _binary("MP4 video", Family.VIDEO, "bytes", ".mp4 .m4v .mov", rb".{4}ftyp"),
    _binary("Matroska video", Family.VIDEO, "bytes", ".mkv .webm", rb"\x1aE\xdf\xa3"),
    _binary("AVI video", Family.VIDEO, "bytes", ".avi", rb"RIFF.{4}AVI "),
)

_ARCHIVES = (
    _binary("7-Zip", Family.ARCHIVE, "bytes", ".7z", rb"7z\xbc\xaf\x27\x1c"),
    _binary("RAR", Family.ARCHIVE, "bytes", ".rar", rb"Rar!\x1a\x07"),
    _binary("TAR", Family.ARCHIVE, "bytes", ".tar", rb".{257}ustar"),
    _binary("ZIP", Family.ARCHIVE, "bytes", ".zip .jar .whl", rb"PK(\x03\x04|\x05\x06|\x07\x08)"),
    _binary("OLE", Family.DOCUMENT, "bytes", ".ole", _OLE),
)

_WRITING = _texts(
    Family.TEXT,
    """
    Log: .log
    Markdown: .md .markdown
    reStructuredText: .rst
    LaTeX: .tex
    Subtitles: .srt .vtt
    Email: .eml
    Calendar: .ics
    Diff: .diff .patch
    """,
)

_CODE = _texts(
    Family.CODE,
    """
    Python: .py .pyi
    R: .r
    R Markdown: .rmd
    Jupyter notebook: .ipynb
    JavaScript: .js .mjs .cjs .jsx
    TypeScript: .ts .tsx
    CSS: .css .scss
    C: .c .h
    C++: .cpp .cc .hpp
    C#: .cs
    Java: .java
    Kotlin: .kt
    Go: .go
    Rust: .rs
    Ruby: .rb
    PHP: .php
    Perl: .pl
    Lua: .lua
    Julia: .jl
    Swift: .swift
    Scala: .scala
    Haskell: .hs
    MATLAB source: .m
    Shell: .sh .bash .zsh
    PowerShell: .ps1
    Batch: .bat .cmd
    """,
)

_CONFIG = _texts(
    Family.CONFIG,
    """
    INI: .ini .cfg .conf
    Properties: .properties .env
    """,
)

FILE_TYPES: tuple[FileType, ...] = (
    *_TABLES,
    *_STRUCTURED,
    *_DATABASES,
    *_SCIENTIFIC,
    *_IMAGES,
    *_DOCUMENTS,
    *_SOUND_AND_VIDEO,
    *_ARCHIVES,
    *_WRITING,
    *_CODE,
    *_CONFIG,
    TEXT,
)
