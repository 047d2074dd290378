"""Cells of a sheet to a DataFrame, with the dtypes that `pandas.read_excel` gives."""

import datetime as dt
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.parsers import TextParser

Cells = Sequence[Sequence[Any]]

_MISSING = frozenset({"", None})
_LIKE_VALUES = frozenset(
    {
        *(
            "#N/A",
            "#N/A N/A",
            "#NA",
            "-1.#IND",
            "-1.#QNAN",
            "-NaN",
            "-nan",
            "1.#IND",
            "1.#QNAN",
            "<NA>",
            "N/A",
        ),
        *(
            "NA",
            "NULL",
            "NaN",
            "None",
            "n/a",
            "nan",
            "null",
            "True",
            "TRUE",
            "true",
            "False",
            "FALSE",
            "false",
        ),
    }
)
"""Text that pandas takes for something else."""


def to_frame(rows: Cells) -> pd.DataFrame:
    """Return the rows below the first as columns named by it.

    Cells are what calamine gives: float, str, bool, dates, and "" for none.
    """
    rows = _without_empty_end(rows)
    if not rows:
        return pd.DataFrame()
    header, *body = rows
    names = _names(header)
    columns = list(zip_longest(*body, fillvalue="")) if body else [()] * len(names)
    columns += [("",) * len(body)] * (len(names) - len(columns))
    names += [f"Unnamed: {n}" for n in range(len(names), len(columns))]
    quick = {place: _quick(column) for place, column in enumerate(columns)}
    rest = [place for place, column in quick.items() if column is None]
    quick |= _slow([columns[place] for place in rest], rest)
    df = pd.DataFrame(quick, columns=range(len(names)))
    df.columns = pd.Index(names)
    return df


def _without_empty_end(rows: Cells) -> Cells:
    end = len(rows)
    while end and all(cell in _MISSING for cell in rows[end - 1]):
        end -= 1
    return rows[:end]


def _names(header: Sequence[Any]) -> list[Any]:
    """Return names of columns, unique as pandas makes them: `a`, `a.1`."""
    found: list[Any] = []
    for place, cell in enumerate(header):
        name = f"Unnamed: {place}" if cell in _MISSING else _whole(cell)
        unique, times = name, 0
        while unique in found:
            times += 1
            unique = f"{name}.{times}"
        found.append(unique)
    return found


def _whole(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _quick(column: Sequence[Any]) -> Any:
    """Return a column of one kind of cell; None for one that takes a closer look."""
    kinds = set(map(type, column))
    if kinds == {float}:
        return _numbers(np.array(column))
    if kinds == {bool}:
        return np.array(column)
    if kinds == {str}:
        return _text(column)
    if kinds == {float, str} and {each for each in column if type(each) is str} == {""}:
        return np.array([np.nan if type(each) is str else each for each in column])
    if kinds <= {dt.datetime, dt.date}:
        return pd.to_datetime(pd.Series(column)).astype("datetime64[us]").to_numpy() if column else None
    return None


def _numbers(values: np.ndarray) -> np.ndarray:
    whole = values.astype("int64", casting="unsafe") if (np.abs(values) < 2**53).all() else values
    return whole if (whole == values).all() else values


def _text(column: Sequence[str]) -> Any:
    different = set(column)
    if different <= {""} or different & _LIKE_VALUES or any(map(_is_number, different)):
        return None
    values = column if "" not in different else [each or None for each in column]
    return pd.array(values, dtype="str")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _slow(columns: Sequence[Sequence[Any]], places: Sequence[int]) -> dict[int, Any]:
    """Have pandas itself find the dtypes, as it does behind `read_excel`."""
    if not places:
        return {}
    # With a column that is never empty: the parser leaves out rows of one empty cell.
    rows = [[0, *map(_cell, row)] for row in zip(*columns, strict=True)]
    if not rows:
        return {place: np.array([], dtype="object") for place in places}
    df = TextParser([["", *map(str, places)], *rows], header=0).read()
    dated = df.select_dtypes("datetime").columns
    df = df.astype(dict.fromkeys(dated, "datetime64[us]"))  # as pandas has them from other files
    return {place: df[str(place)] for place in places}


def _cell(cell: Any) -> Any:
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return pd.Timestamp(cell)
    if isinstance(cell, dt.timedelta):
        return pd.Timedelta(cell)
    return _whole(cell)
