"""`load_file`: the one way from a file id, or a file name, to a Python object."""

from typing import Any

import host_files
import table_outlines
from loaders.opening import load
from loaders.source import Source

_filenames: dict[host_files.Reference, str] = {}


def load_file(file_id: host_files.Reference, *, as_: str | None = None, **options: Any) -> Any:
    """Return a file of the user as the object that fits its content.

    Tables come as a pandas DataFrame, several tables of one file as a mapping
    from their names; JSON, YAML and TOML as what they spell; text as str; images
    as a Pillow image; others as what docs/file_types.md lists; all else as bytes.

    Args:
        file_id: the id that the upload receipt and the file list show, or the file's
            name, which stands for the newest file of that name, or an item of `files()`.
        as_: `"pandas"`, `"polars"` or `"arrow"` for a table of that library;
            `"text"` (decoded), `"bytes"` (as uploaded) or `"path"` (of a copy that
            may be changed) instead of the object.
        options: handed to the library that reads the file, such as `sep`, `nrows`,
            `columns` or `sheet_name`.

    Raises:
        FileNotFoundError: the user has no such file.
        LoadFileError: the content or an option does not fit; the message says how.
    """
    granted = host_files.open_granted(file_id)
    with Source(granted.fd, granted.filename, granted.kind) as source:
        _filenames[file_id] = source.filename
        loaded = load(source, as_, options)
    if not options and as_ is None:
        table_outlines.tell_once(granted.file_id, loaded)
    return loaded


def filename_of(file_id: str) -> str:
    """Return the name of a file that this run has loaded, else its id."""
    return _filenames.get(file_id, file_id)
