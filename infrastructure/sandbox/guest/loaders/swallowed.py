"""Rows that a stray quotation mark made part of a cell."""

import mmap
from collections.abc import Iterator

import pandas as pd

from loaders.notes import note
from loaders.source import Source

_MARK = b'"'


def tell_of_swallowed_rows(source: Source, df: pd.DataFrame, separator: str) -> None:
    """Tell of a cell that reads like whole rows: a mark opened it, and the next one is far below.

    Line breaks in a cell are allowed, so nothing is changed.
    """
    if not _has_marks(source):
        return
    found = next(_swallowing(df, separator), None)
    if found:
        column, count = found
        note(
            f"a cell in {column!r} reads like {count:,} more row{'s' * (count > 1)}: a stray quotation mark "
            "may have opened it. load_file(…, quoting=3) takes quotation marks for characters."
        )


def _has_marks(source: Source) -> bool:
    """Look for a quotation mark where that costs next to nothing: in a file that needs no unpacking."""
    if source.reopened is None or not source.size_bytes:
        return True
    with source.open_raw() as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_MARK) >= 0


def _swallowing(df: pd.DataFrame, separator: str) -> Iterator[tuple[str, int]]:
    """Yield columns with such a cell, and how many line breaks are in it."""
    width = len(df.columns)
    for index, name in enumerate(df.columns):
        cells = df.iloc[:, index]
        if width == 1 or not pd.api.types.is_string_dtype(cells):
            continue
        for cell in cells[cells.str.contains("\n", regex=False, na=False)]:
            if _reads_like_rows(cell, separator, width, index):
                yield str(name), cell.count("\n")


def _reads_like_rows(cell: str, separator: str, width: int, index: int) -> bool:
    """Tell whether the rest of a row and whole rows follow each other in a cell of column `index`."""
    rest, *rows = (line.count(separator) for line in cell.split("\n")[:-1])
    is_last = index == width - 1
    return rest == width - 1 - index and all(row == width - 1 for row in rows) and (bool(rows) or not is_last)
