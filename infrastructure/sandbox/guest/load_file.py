"""`load_file`: the one way from a file id, or a file name, to a Python object."""

from collections.abc import Callable
from typing import Any

import host_files
import table_outlines
from loaders.errors import LoadFileError
from loaders.registry import Loader, Options, loader_named
from loaders.source import Source

_RAW_FORMS: dict[str, Callable[[Source], object]] = {
    "text": lambda source: source.text(),
    "bytes": lambda source: source.read(raw=True),
    "path": lambda source: source.copy(raw=True),
}
_filenames: dict[str, str] = {}


def load_file(file_id: str, *, as_: str | None = None, **options: Any) -> Any:
    """Return a file of the user as the object that fits its content.

    Tables come as a pandas DataFrame, several tables of one file as a mapping
    from their names; JSON, YAML and TOML as what they spell; text as str; images
    as a Pillow image; all else as bytes.

    Args:
        file_id: the id that the upload receipt and the file list show, or the file's
            name, which stands for the newest file of that name.
        as_: `"text"` (decoded), `"bytes"` (as uploaded) or `"path"` (of a copy that
            may be changed) instead of the object.
        options: handed to the library that reads the file, such as `sep`, `nrows`,
            `columns` or `sheet_name`.

    Raises:
        FileNotFoundError: the user has no such file.
        LoadFileError: the content or an option does not fit; the message says how.
    """
    granted = host_files.open_granted(file_id)
    with Source(granted) as source:
        _filenames[file_id] = source.filename
        if as_ is not None:
            return _raw(source, as_, options)
        loaded = _loaded(source, loader_named(source.loader), options)
    if not options:
        table_outlines.tell_once(granted.file_id, loaded)
    return loaded


def filename_of(file_id: str) -> str:
    """Return the name of a file that this run has loaded, else its id."""
    return _filenames.get(file_id, file_id)


def _raw(source: Source, form: str, options: Options) -> object:
    if form not in _RAW_FORMS or options:
        msg = f"as_ is one of {', '.join(map(repr, _RAW_FORMS))}, and goes without other options."
        raise LoadFileError(msg)
    return _RAW_FORMS[form](source)


def _loaded(source: Source, loader: Loader, options: Options) -> object:
    try:
        return loader.load(source, options)
    except LoadFileError:
        raise
    except Exception as error:  # noqa: BLE001 - every library has errors of its own
        # Without the chain: what the library's own frames say is no help to who called load_file.
        raise LoadFileError(_explain(source, loader, error)) from None


def _explain(source: Source, loader: Loader, error: Exception) -> str:
    reason = str(error).strip() or "no reason given"
    if not source.head(1):
        reason = "the file is empty (0 bytes)"
    elif isinstance(error, MemoryError):
        reason = "it does not fit into the memory of a run; try nrows= or columns="
    return (
        f"{source.filename!r} ({source.file_type}) could not be loaded by {loader.library_call}: "
        f"{type(error).__name__}: {reason}. Options here: {loader.options}. "
        "as_='text', 'bytes' or 'path' gives the file as it is."
    )
