"""Key statistics of tables: a line a column, a summary of the numbers, and a file of both."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analyses.columns import Column, Kind, study
from analyses.printing import clipped, count, heading, listing, number, print_table, say

FILENAME = "statistics.csv"
MOST_TABLES = 5
MOST_LINES = 60
_QUARTILES = (0.25, 0.5, 0.75)
_SHOWN_TEXT = 28


def print_statistics(tables: Mapping[str, pd.DataFrame], name: str) -> None:
    """Print the statistics of the first tables, and save those of all."""
    records = []
    for number_of_table, (table, df) in enumerate(tables.items()):
        columns = study(df)
        records += [{"table": table, **_record(column)} for column in columns]
        if number_of_table < MOST_TABLES:
            _print_one(f"{name}: {table}" if table else name, df, columns)
    if len(tables) > MOST_TABLES:
        say(f"Not shown: {listing(list(tables)[MOST_TABLES:])}.")
    if records:
        saved = pd.DataFrame(records)
        saved.drop(columns="table" if len(tables) == 1 else []).to_csv(FILENAME, index=False)
        say(f"Saved as {FILENAME}: the statistics of {count(len(saved), 'column')}.")


def _print_one(title: str, df: pd.DataFrame, columns: list[Column]) -> None:
    heading(f"{title}: {count(len(df), 'row')} x {count(len(columns), 'column')}")
    if not columns:
        say("There are no columns.")
        return
    print_table(
        ("column", "type", "missing", "distinct", "values"),
        [
            (clipped(c.name, _SHOWN_TEXT), c.kind, _missing(c), f"{c.distinct:,}", _values(c))
            for c in columns[:MOST_LINES]
        ],
        left=("column", "type", "values"),
    )
    if len(columns) > MOST_LINES:
        say(f"Not shown: {count(len(columns) - MOST_LINES, 'more column')}; they are in {FILENAME}.")
    if numeric := [c for c in columns if c.kind is Kind.NUMBER and len(c.values)]:
        _print_numbers(numeric[:MOST_LINES])
    _print_findings(df, columns)


def _print_numbers(columns: list[Column]) -> None:
    rows = []
    for column in columns:
        summary = column.values.describe(percentiles=_QUARTILES)
        rows.append([clipped(column.name, _SHOWN_TEXT), *(number(value) for value in summary.iloc[1:])])
    headers = ("number", "mean", "std", "min", "25 %", "median", "75 %", "max")
    print_table(headers, rows, left=("number",))


def _print_findings(df: pd.DataFrame, columns: list[Column]) -> None:
    if duplicates := _duplicates(df):
        say(f"{count(duplicates, 'row')} {'repeats' if duplicates == 1 else 'repeat'} an earlier row.")
    findings = (
        ("Without any value", [c.name for c in columns if c.kind is Kind.EMPTY and c.rows]),
        ("Always the same", [c.name for c in columns if c.distinct == 1 and c.rows > 1]),
        ("With infinite values, left out above", [c.name for c in columns if c.infinite]),
    )
    for what, names in findings:
        if names:
            say(f"{what}: {listing(names)}.")
    if hasattr(df, "total_bounds"):
        west, south, east, north = map(number, df.total_bounds)
        projection = df.crs or "not told"
        say(f"The shapes lie within {west} to {east}, {south} to {north}; projection: {projection}.")


def _duplicates(df: pd.DataFrame) -> int:
    try:
        return int(df.duplicated().sum())
    except TypeError:  # cells that cannot be compared, such as lists
        return int(df.astype(str).duplicated().sum())


def _missing(column: Column) -> str:
    if not column.missing:
        return "0"
    return f"{column.missing:,} ({column.missing / column.rows:.0%})"


def _values(column: Column) -> str:
    """Return what a column's values are like, in few words."""
    values = column.values
    if not len(values):
        return ""
    if column.kind is Kind.NUMBER:
        return f"{number(values.min())} to {number(values.max())}"
    if column.kind in {Kind.DATE, Kind.DURATION}:
        return f"{_moment(values.min())} to {_moment(values.max())}"
    if column.kind is Kind.YES_NO:
        return f"yes ({int(values.sum()):,}), no ({int((~values).sum()):,})"
    counts = values.value_counts()
    if counts.iloc[0] == 1:
        return ", ".join(clipped(value, _SHOWN_TEXT) for value in values.head(3))
    return ", ".join(f"{clipped(value, _SHOWN_TEXT)} ({times:,})" for value, times in counts.head(4).items())


def _moment(value: Any) -> str:
    return str(value).removesuffix(" 00:00:00")


def _record(column: Column) -> dict[str, Any]:
    """Return all statistics of a column for the file."""
    record: dict[str, Any] = {
        "column": column.name,
        "type": str(column.kind),
        "rows": column.rows,
        "missing": column.missing,
        "infinite": column.infinite,
        "distinct": column.distinct,
    }
    if not len(column.values):
        return record
    if column.kind is Kind.NUMBER:
        summary = column.values.describe(percentiles=_QUARTILES)
        names = ("mean", "std", "min", "25%", "median", "75%", "max")
        return record | dict(zip(names, summary.iloc[1:], strict=True))
    if column.kind in {Kind.DATE, Kind.DURATION}:
        return record | {"min": column.values.min(), "max": column.values.max()}
    counts = column.values.value_counts()
    return record | {"top": counts.index[0], "top_count": int(counts.iloc[0])}
