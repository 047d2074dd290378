"""The one table of file types: a row a type, data only.

`domain.file_types` decides by it what a file is; the guest opens files by the
loaders that it names; `docs/file_types.md` is made from it. Of two rows whose
signatures fit the same bytes, the earlier one is the narrower type.
"""

from domain.file_type_table import media, science, tables, writing
from domain.file_type_table.loaders import LOADERS
from domain.file_type_table.rows import Family, FileType, Loader, Wrapper, binary
from domain.file_type_table.tables import CSV
from domain.file_type_table.writing import TEXT

__all__ = [
    "BINARY",
    "COMPRESSED",
    "CSV",
    "FILE_TYPES",
    "LOADERS",
    "TEXT",
    "WRAPPERS",
    "Family",
    "FileType",
    "Loader",
    "Wrapper",
]

BINARY = binary("Binary", Family.BINARY, "bytes", "")
COMPRESSED = binary("Compressed file", Family.ARCHIVE, "any", "")

WRAPPERS = (
    Wrapper("gzip", rb"\x1f\x8b\x08", ((".gz", ""), (".tgz", ".tar"), (".svgz", ".svg"))),
    Wrapper("bzip2", rb"BZh[1-9]1AY&SY", ((".bz2", ""), (".tbz2", ".tar"))),
    Wrapper("xz", rb"\xfd7zXZ\x00", ((".xz", ""), (".txz", ".tar"))),
    Wrapper("zstd", rb"\x28\xb5\x2f\xfd", ((".zst", ""), (".tzst", ".tar"))),
    Wrapper("lz4", rb"\x04\x22\x4d\x18", ((".lz4", ""),)),
    Wrapper("brotli", b"", ((".br", ""),)),
)

FILE_TYPES: tuple[FileType, ...] = (
    *tables.TABULAR,
    *tables.SPREADSHEETS,
    *tables.COLUMNAR,
    *science.GRAPHS,
    *tables.STRUCTURED,
    *science.BIOLOGY,
    *tables.MARKUP,
    *tables.DATABASES,
    *tables.STATISTICS,
    *science.ARRAYS,
    *science.LEARNING,
    *science.MAPS,
    *science.CHEMISTRY,
    *science.SHAPES,
    *media.IMAGES,
    *media.DOCUMENTS,
    *media.SOUND,
    *media.VIDEO,
    *media.OTHERS,
    *media.ARCHIVES,
    *writing.WRITING,
    *writing.CODE,
    *writing.CONFIG,
    TEXT,
)
