"""Tables in whatever a file loaded as."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.printing import count, listing, say

MOST_CELLS = 5_000_000
"""Cells of an array that are still looked at as a table."""


def as_tables(loaded: object) -> dict[str, pd.DataFrame]:
    """Return the tables in `loaded` by name, none when there is nothing like a table.

    A single table has an empty name. An index that means something becomes columns.
    """
    found = _tables(loaded)
    return {name: _with_index_as_columns(df) for name, df in found.items()}


def largest(tables: Mapping[str, pd.DataFrame], name: str) -> tuple[str, pd.DataFrame]:
    """Return title and rows of the table with the most cells; of several, tell which it is."""
    chosen = max(tables, key=lambda table: tables[table].size)
    if len(tables) > 1:
        names = list(tables)
        say(f"{name} has {count(len(names), 'table')}: {listing(names)}. Used here: {chosen}, the largest.")
    return f"{name}: {chosen}" if chosen else name, tables[chosen]


def _tables(loaded: object) -> dict[str, pd.DataFrame]:
    if hasattr(loaded, "visititems"):  # an HDF5 file
        return _of_datasets(loaded)
    if isinstance(loaded, Mapping):
        return _of_mapping(loaded)
    table = _table(loaded)
    return {} if table is None else {"": table}


def _of_mapping(mapping: Mapping[Any, Any]) -> dict[str, pd.DataFrame]:
    lists = {str(key): value for key, value in mapping.items() if _is_column(value)}
    if len(lists) > 1 and len(lists) == len(mapping) and len(set(map(len, lists.values()))) == 1:
        return {"": pd.DataFrame({key: list(value) for key, value in lists.items()})}
    candidates = ((str(key), _table(value)) for key, value in mapping.items())
    return {key: table for key, table in candidates if table is not None}


def _of_datasets(file: Any) -> dict[str, pd.DataFrame]:
    nodes: list[Any] = []
    file.visititems(lambda _, node: nodes.append(node))
    datasets = (node for node in nodes if hasattr(node, "dtype") and node.size <= MOST_CELLS)
    candidates = ((node.name.lstrip("/"), _table(node[()])) for node in datasets)
    return {name: table for name, table in candidates if table is not None}


def _table(value: object) -> pd.DataFrame | None:
    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, pd.Series):
        return value.to_frame()
    if isinstance(value, np.ndarray):
        return _of_array(value)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return pd.json_normalize(value)
    return None


def _of_array(array: Any) -> pd.DataFrame | None:
    if array.dtype.names and array.ndim == 1:
        return pd.DataFrame.from_records(array)
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or not 0 < array.size <= MOST_CELLS:
        return None
    columns = array.reshape(len(array), -1)
    return pd.DataFrame(columns, columns=[f"column {n}" for n in range(columns.shape[1])])


def _is_column(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.ndim == 1)
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes)
        and not any(isinstance(item, dict | list) for item in value)
    )


def _with_index_as_columns(df: pd.DataFrame) -> pd.DataFrame:
    if isinstance(df.index, pd.RangeIndex) and df.index.name is None:
        return df
    levels = df.index.names
    unnamed = [f"index {n}" if len(levels) > 1 else "index" for n in range(len(levels))]
    names = [str(name) if name is not None else unnamed[n] for n, name in enumerate(levels)]
    return df.reset_index(names=names, allow_duplicates=True)
