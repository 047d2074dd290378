"""What a loaded file turned out to hold, told to the host: tables with their columns and types.

The host's bounds are those of `domain.tables`; what is longer is cut here.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import host_files

if TYPE_CHECKING:
    from pandas import DataFrame

_TABLES, _COLUMNS, _COLUMNS_IN_ALL = 10, 100, 200  # so that all of it fits into a frame
_NAME, _DTYPE = 80, 40

_told: set[str] = set()


def tell_once(file_id: str, loaded: object) -> None:
    """Tell what a file holds, when that is tables; the file is loaded, whatever becomes of it."""
    if file_id not in _told:
        _told.add(file_id)
        with suppress(Exception):
            if outlines := outlines_of(loaded):
                host_files.tell_tables(file_id, outlines)


def outlines_of(loaded: object) -> list[dict[str, Any]]:
    """Return rows, columns and types of a table, or of several under their names."""
    outlines, room = list[dict[str, Any]](), _COLUMNS_IN_ALL
    for name, table in islice(_tables(loaded), _TABLES):
        outlines.append(_outline(name, table, min(room, _COLUMNS)))
        room -= len(outlines[-1]["columns"])
    return outlines


def _tables(loaded: object) -> "Iterator[tuple[str, DataFrame]]":
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return
    # Not any mapping: an archive would load all that is in it.
    named = loaded.items() if isinstance(loaded, dict) else [("", loaded)]
    for name, table in named:
        if isinstance(table, pandas.DataFrame):
            yield str(name), table


def _outline(name: str, table: "DataFrame", most: int) -> dict[str, Any]:
    kinds = islice(zip(table.columns, table.dtypes, strict=True), most)
    columns = [{"name": str(label)[:_NAME], "dtype": str(dtype)[:_DTYPE]} for label, dtype in kinds]
    return {
        "name": name[:_NAME],
        "rows": len(table),
        "columns": columns,
        "more_columns": len(table.columns) - len(columns),
    }
