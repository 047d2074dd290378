"""From the bytes of a file, wherever they come from, to an object."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import host_packages
from loaders.errors import LoadFileError
from loaders.registry import Loader, Options, loader_named
from loaders.source import Source
from loaders.unpacking import refuse_zip_bomb

_RAW_FORMS: dict[str, Callable[[Source], object]] = {
    "text": lambda source: source.unwrapped().text(),
    "bytes": lambda source: source.read(raw=True),
    "path": lambda source: source.copy(raw=True),
}
_TABLE_FORMS = ("pandas", "polars", "arrow")
_PARTS = ("nrows", "columns", "chunksize")
_ZIP = b"PK\x03\x04"  # so begin workbooks, documents, arrays and models, too


def load(source: Source, form: str | None, options: Options) -> Any:
    """Return what a source holds: as the object that fits, or in the form that was asked for.

    Raises:
        LoadFileError: the content, the form or an option does not fit; the message says how.
    """
    if form in _RAW_FORMS and not options:
        return _RAW_FORMS[form](source)
    if form is not None and form not in _TABLE_FORMS:
        msg = (
            f"as_ is one of {', '.join(map(repr, (*_TABLE_FORMS, *_RAW_FORMS)))}; "
            "'text', 'bytes' and 'path' go without other options."
        )
        raise LoadFileError(msg)
    inner = source.unwrapped()
    if inner.is_wrapped and not loader_named(inner.kind.loader).streams:
        with inner.spilled() as spilled:
            return _formed(spilled, form, options)
    return _formed(inner, form, options)


def _formed(source: Source, form: str | None, options: Options) -> object:
    loaded = _loaded(source, loader_named(source.kind.loader), options)
    return loaded if form is None else import_module("loaders.forms").as_table(loaded, form, source)


def _loaded(source: Source, loader: Loader, options: Options) -> object:
    try:
        if loader.unpacks and source.head(len(_ZIP)) == _ZIP:
            refuse_zip_bomb(source.open(), source.size_bytes)
        host_packages.require(source.kind.needs)
        return loader.load(source, dict(options))
    except LoadFileError:
        raise
    except Exception as error:  # noqa: BLE001 - every library has errors of its own
        # Without the chain: what the library's own frames say is no help to who called load_file.
        raise LoadFileError(_explain(source, loader, error)) from None


def _explain(source: Source, loader: Loader, error: Exception) -> str:
    reason = str(error).strip().rstrip(".") or "no reason given"
    if not source.head(1):
        return f"{source.filename!r} ({source.kind.file_type}) is empty: it has 0 bytes. Upload it again."
    if isinstance(error, MemoryError):
        return _tell_of_memory(source, loader)
    if isinstance(error, ModuleNotFoundError) and error.name in source.kind.needs:
        return (
            f"{source.filename!r} ({source.kind.file_type}) needs a library that is not here. {reason} "
            "as_='text', 'bytes' or 'path' gives the file as it is."
        )
    return (
        f"{source.filename!r} ({source.kind.file_type}) could not be loaded by {source.kind.library}: "
        f"{type(error).__name__}: {reason}. Options here: {loader.options}. "
        "as_='text', 'bytes' or 'path' gives the file as it is."
    )


def _tell_of_memory(source: Source, loader: Loader) -> str:
    parts = [f"{option}=" for option in _PARTS if option in loader.options]
    how = f"Read a part of it: {' or '.join(parts)} do that. " if parts else ""
    return (
        f"{source.filename!r} ({source.kind.file_type}, {source.size_bytes / 1e6:,.0f} MB) does not fit into "
        f"the memory of a run. {how}open_file() gives it as a stream."
    )
