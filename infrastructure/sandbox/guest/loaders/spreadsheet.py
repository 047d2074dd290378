"""Workbooks of every Excel generation and OpenDocument."""

import warnings
from collections.abc import Mapping

import pandas as pd
import python_calamine

from loaders.errors import LoadFileError
from loaders.notes import note
from loaders.protection import refuse_protected
from loaders.registry import Options
from loaders.sheets import to_frame
from loaders.source import Source
from loaders.tables import Tables, one_or_all

_OLE = b"\xd0\xcf\x11\xe0"
_SERVED_AT_ONCE = frozenset({"sheet_name", "nrows"})


def load_excel(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Read one sheet as a DataFrame, several sheets with data as a mapping."""
    if "columns" in options:
        options["usecols"] = options.pop("columns")
    if _is_open_document(source):
        refuse_protected(source)  # calamine finds no sheets in it, and says no more
    engines = (options.pop("engine"),) if "engine" in options else _engines(source)
    problems = []
    for engine in engines:
        try:
            if engine == "calamine" and options.keys() <= _SERVED_AT_ONCE:
                return _read_at_once(source, **options)
            return _read(source, engine, dict(options))
        except LoadFileError:
            raise
        except Exception as error:  # noqa: BLE001 - each reader fails in its own ways
            problems.append(error)
    for problem in problems:
        refuse_protected(source, problem)
    raise problems[0]


def _engines(source: Source) -> tuple[str, ...]:
    """Return the readers to try on a workbook, the best first."""
    if source.head(len(_OLE)) == _OLE:
        return "xlrd", "calamine"  # calamine takes the dates of some writers' .xls for numbers
    if _is_open_document(source):
        return "calamine", "odf"  # calamine rejects the .ods of some writers
    return "calamine", "pyxlsb" if source.extension == ".xlsb" else "openpyxl"


def _tell_of_titles(sheets: Mapping[str, pd.DataFrame]) -> None:
    """Tell where the first row names few of the columns: it may be a title above the table."""
    for name, df in sheets.items():
        unnamed = sum(str(column).startswith("Unnamed: ") for column in df.columns)
        if len(df) and unnamed * 2 > df.shape[1]:
            note(
                f"in sheet {name!r} the first row names {df.shape[1] - unnamed} of {df.shape[1]} columns. "
                "If the table starts further down, skiprows= leaves rows out."
            )


def _is_open_document(source: Source) -> bool:
    return source.kind.file_type.startswith("OpenDocument")


def _read_at_once(
    source: Source, sheet_name: object = None, nrows: int | None = None
) -> pd.DataFrame | Tables:
    """Read as pandas does by the same reader, a column at a time: some seven times faster."""
    with source.open() as stream, python_calamine.load_workbook(stream) as book:
        names = book.sheet_names
        wanted = names if sheet_name is None else _wanted(sheet_name, names)
        rows = None if nrows is None else nrows + 1
        sheets = {
            name: to_frame(book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=rows))
            for name in wanted
        }
    _tell_of_titles(sheets)
    if sheet_name is None:
        return one_or_all(sheets, "sheet_name", "sheets")
    return sheets[wanted[0]] if isinstance(sheet_name, str | int) else Tables(sheets, "sheet_name")


def _wanted(sheet_name: object, names: list[str]) -> list[str]:
    """Return the names of the sheets that were asked for, by name or by place."""
    asked = sheet_name if isinstance(sheet_name, list | tuple) else [sheet_name]
    return [_named(each, names) for each in asked]


def _named(asked: object, names: list[str]) -> str:
    if isinstance(asked, int) and -len(names) <= asked < len(names):
        return names[asked]
    if asked not in names:
        msg = f"There is no sheet {asked!r}; sheet_name is one of {', '.join(map(repr, names))}."
        raise LoadFileError(msg)
    return str(asked)


def _read(source: Source, engine: str, options: Options) -> pd.DataFrame | Tables:
    with warnings.catch_warnings(), source.open() as stream:
        warnings.simplefilter("ignore", DeprecationWarning)  # that pandas 4 will drop xlrd is our concern
        with pd.ExcelFile(stream, engine=engine) as book:
            names = [str(name) for name in book.sheet_names]
            asked = options.pop("sheet_name", None)
            wanted = names if asked is None else _wanted(asked, names)
            sheets = {name: pd.read_excel(book, sheet_name=name, **options) for name in wanted}
    if asked is None:
        return one_or_all(sheets, "sheet_name", "sheets")
    return sheets[wanted[0]] if isinstance(asked, str | int) else Tables(sheets, "sheet_name")
