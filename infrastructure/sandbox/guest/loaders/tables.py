"""What the loaders of tables share: several tables of one file, and cuts in rows and columns."""

from collections.abc import Mapping
from typing import Any, NoReturn

import pandas as pd

from loaders.errors import LoadFileError, refuse
from loaders.notes import note

_NAMED = 10


class Tables(dict[str, pd.DataFrame]):
    """The tables of one file by name.

    Whoever takes it for a single DataFrame is told how to choose one; `option` is
    the keyword of `load_file` that does.
    """

    option = "table"

    def __init__(self, tables: Mapping[str, pd.DataFrame], option: str) -> None:
        """Hold `tables`."""
        super().__init__(tables)
        self.option = option

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse, in words."""
        msg = f"This file holds several tables, so it has no {name!r}. {self.hint()}"
        raise AttributeError(msg)

    def __missing__(self, key: object) -> NoReturn:
        """Refuse, in words."""
        msg = f"There is no table {key!r}. {self.hint()}"
        raise KeyError(msg)

    def __repr__(self) -> str:
        """Return a line a table, not its rows."""
        lines = (f"  {name!r}: {len(df):,} rows x {df.shape[1]} columns" for name, df in self.items())
        return "\n".join(["Tables (", *lines, ")"])

    def hint(self) -> str:
        """Say how to choose one table."""
        names = ", ".join(map(repr, list(self)[:_NAMED])) + (", …" if len(self) > _NAMED else "")
        first = next(iter(self), "")
        return f"Choose one of {names}: with [{first!r}], or load_file(…, {self.option}={first!r})."


def one_or_all(tables: Mapping[str, pd.DataFrame], option: str, what: str) -> pd.DataFrame | Tables:
    """Return the only table that has columns, or a mapping of all, with a note.

    `what` names the tables in the plural ("sheets").
    """
    filled = {name: df for name, df in tables.items() if df.shape[1]}
    if len(filled) == 1:
        return next(iter(filled.values()))
    if not filled:
        note(f"the file has no {what} with data.")
        return pd.DataFrame()
    result = Tables(filled, option)
    note(f"the file has {len(filled)} {what}. {result.hint()}")
    return result


def chosen(
    tables: Mapping[str, pd.DataFrame], options: dict[str, Any], option: str, what: str
) -> pd.DataFrame | Tables:
    """Return the table that `options` names by `option`, else the only one or all.

    Raises:
        LoadFileError: there is none of that name, or other options are left.
    """
    wanted = options.pop(option, None)
    refuse(options)
    if wanted is None:
        return one_or_all(tables, option, what)
    if wanted not in tables:
        msg = f"There is no {wanted!r} in this file; {option} is one of {', '.join(map(repr, tables))}."
        raise LoadFileError(msg)
    return tables[wanted]


def cut(loaded: object, options: Mapping[str, Any]) -> object:
    """Apply `nrows` and `columns` to tables that are already loaded.

    Raises:
        LoadFileError: `loaded` is no table.
    """
    if not options:
        return loaded
    if isinstance(loaded, Tables):
        return Tables({name: _cut_frame(df, options) for name, df in loaded.items()}, loaded.option)
    if not isinstance(loaded, pd.DataFrame):
        msg = f"{' and '.join(options)} cut tables, but this file loads as {type(loaded).__name__}."
        raise LoadFileError(msg)
    return _cut_frame(loaded, options)


def _cut_frame(df: pd.DataFrame, options: Mapping[str, Any]) -> pd.DataFrame:
    if options.get("columns") is not None:
        df = df[list(options["columns"])]
    return df if options.get("nrows") is None else df.head(options["nrows"])
