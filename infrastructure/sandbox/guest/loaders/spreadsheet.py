"""Workbooks of every Excel generation and OpenDocument."""

import warnings

import pandas as pd

from loaders.errors import LoadFileError
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import Tables, one_or_all

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def load_excel(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Read one sheet as a DataFrame, several sheets with data as a mapping."""
    if "columns" in options:
        options["usecols"] = options.pop("columns")
    engines = (options.pop("engine"),) if "engine" in options else _engines(source)
    problems = []
    for engine in engines:
        try:
            return _read(source, engine, dict(options))
        except LoadFileError:
            raise
        except Exception as error:  # noqa: BLE001 - each reader fails in its own ways
            problems.append(error)
    _refuse_encrypted(source)
    raise problems[0]


def _engines(source: Source) -> tuple[str, ...]:
    """Return the readers to try on a workbook, the best first."""
    if source.head(len(_OLE)) == _OLE:
        return "xlrd", "calamine"  # calamine takes the dates of some writers' .xls for numbers
    if source.file_type.startswith("OpenDocument"):
        return "calamine", "odf"  # calamine rejects the .ods of some writers
    return "calamine", "pyxlsb" if source.extension == ".xlsb" else "openpyxl"


def _read(source: Source, engine: str, options: Options) -> pd.DataFrame | Tables:
    with warnings.catch_warnings(), source.open() as stream:
        warnings.simplefilter("ignore", DeprecationWarning)  # that pandas 4 will drop xlrd is our concern
        with pd.ExcelFile(stream, engine=engine) as book:
            asked = options.pop("sheet_name", None)
            if asked is not None:
                return _asked(book, asked, options)
            names = book.sheet_names
            sheets = {str(name): pd.read_excel(book, sheet_name=name, **options) for name in names}
    return one_or_all(sheets, "sheet_name", "sheets")


def _asked(book: pd.ExcelFile, asked: object, options: Options) -> pd.DataFrame | Tables:
    if isinstance(asked, str) and asked not in book.sheet_names:
        msg = f"There is no sheet {asked!r}; sheet_name is one of {', '.join(map(repr, book.sheet_names))}."
        raise LoadFileError(msg)
    found = pd.read_excel(book, sheet_name=asked, **options)
    return Tables({str(k): v for k, v in found.items()}, "sheet_name") if isinstance(found, dict) else found


def _refuse_encrypted(source: Source) -> None:
    if _ENCRYPTED in source.read():
        msg = f"{source.filename!r} is protected by a password; save it without one and upload it again."
        raise LoadFileError(msg)
