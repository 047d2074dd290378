"""Everything that is read as it stands."""

from loaders.errors import refuse
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source

_INSTEAD = {
    "Word": "DOCX",
    "PowerPoint": "PPTX",
    "Access": "CSV, XLSX or SQLite",
    "HDF4": "HDF5 or NetCDF",
}
"""Types that no library reads here, and what their programs save as well."""


def load_text(source: Source, options: Options) -> str:
    """Return the text; `encoding` overrides the one that fits."""
    encoding = options.pop("encoding", None)
    refuse(options)
    return source.text(encoding)


def load_bytes(source: Source, options: Options) -> bytes:
    """Return the content; where a table or words were hoped for, tell how to get them."""
    refuse(options)
    if instead := _INSTEAD.get(source.kind.file_type):
        note(f"{source.kind.file_type} files come as bytes. Saved as {instead} and uploaded again it opens.")
    return source.read()


def load_text_or_bytes(source: Source, options: Options) -> str | bytes:
    """Return UTF-8 as text, all else as bytes."""
    if options:
        return load_text(source, options)
    content = source.read()
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
