"""The first rows of tables, as many columns as fit."""

from collections.abc import Mapping

import pandas as pd

from analyses.columns import Kind, study
from analyses.printing import WIDTH, clipped, columns_of, count, heading, listing, print_table, say

ROWS = 10
MOST_TABLES = 5
_WIDEST_CELL = 24
_GAP = 2
_DIGITS = 10  # a preview rounds no cents away, and shows no noise of binary fractions


def print_rows(tables: Mapping[str, pd.DataFrame], name: str) -> None:
    """Print the first ten rows of the first tables."""
    for table, df in list(tables.items())[:MOST_TABLES]:
        title = f"{name}: {table}" if table else name
        heading(f"{title}: first {min(ROWS, len(df))} of {count(len(df), 'row')}")
        _print_one(df)
    if len(tables) > MOST_TABLES:
        say(f"Not shown: {listing(list(tables)[MOST_TABLES:])}.")


def _print_one(df: pd.DataFrame) -> None:
    columns = study(df.head(ROWS))
    shown = {c.name: [_cell(value) for value in df.iloc[:ROWS, n]] for n, c in enumerate(columns)}
    if not shown:
        say("There are no columns.")
        return
    fitting = _fitting(shown)
    left = [c.name for c in columns if c.kind is not Kind.NUMBER]
    print_table(fitting, zip(*(shown[name] for name in fitting), strict=True), left=left)
    if rest := [c.name for c in columns if c.name not in fitting]:
        say(f"{count(len(rest), 'more column')}: {listing(rest)}.")


def _fitting(shown: Mapping[str, list[str]]) -> list[str]:
    """Return the names of the first columns that fit side by side."""
    names: list[str] = []
    free = WIDTH
    for name, cells in shown.items():
        free -= max(columns_of(clipped(name, _WIDEST_CELL)), *map(columns_of, cells), 1) + _GAP
        if names and free < 0:
            break
        names.append(name)
    return names


def _cell(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return "-"
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    return clipped(str(value).removesuffix(" 00:00:00"), _WIDEST_CELL)
