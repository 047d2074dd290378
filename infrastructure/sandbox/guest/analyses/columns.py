"""What a column is, whatever its dtype says: numbers, dates, categories, text."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

_SAMPLE = 200
_FEW = 12
_ROWS_A_GROUP = 3
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_DAY_FIRST = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")


class Kind(StrEnum):
    """The kinds of columns that analyses tell apart."""

    NUMBER = "number"
    YES_NO = "yes/no"
    DATE = "date"
    DURATION = "duration"
    TEXT = "text"
    SHAPE = "shape"
    MIXED = "mixed"
    EMPTY = "empty"


@dataclass(frozen=True)
class Column:
    """A column, cleaned for analysis.

    `values` are the present values only: floats, booleans, dates without a zone,
    durations or text. `infinite` values count as present, but are not among them.
    """

    name: str
    kind: Kind
    values: Any
    rows: int
    missing: int
    infinite: int = 0

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return int(self.values.nunique())

    @property
    def is_grouping(self) -> bool:
        """Whether rows fall into groups by it: few values, or many rows to each."""
        if self.kind not in {Kind.TEXT, Kind.MIXED}:
            return False
        return 1 < self.distinct < len(self.values) and (
            self.distinct <= _FEW or self.distinct * _ROWS_A_GROUP <= len(self.values)
        )


def study(df: pd.DataFrame) -> list[Column]:
    """Return the columns of a table; names that occur twice are numbered."""
    seen: Counter[str] = Counter()
    columns = []
    for position, label in enumerate(df.columns):
        parts = label if isinstance(label, tuple) else (label,)
        name = " / ".join(str(part) for part in parts if part != "")
        seen[name] += 1
        columns.append(_column(df.iloc[:, position], name if seen[name] == 1 else f"{name} ({seen[name]})"))
    return columns


def numbers_of(columns: list[Column]) -> list[Column]:
    """Return the numeric columns that vary."""
    return [each for each in columns if each.kind is Kind.NUMBER and each.distinct > 1]


def _column(series: Any, name: str) -> Column:
    present = series.dropna()
    kind, values = _clean(present) if len(present) else (Kind.EMPTY, present.astype(object))
    infinite = 0
    if kind is Kind.NUMBER:
        finite = np.isfinite(values)
        infinite, values = int((~finite).sum()), values[finite]
    return Column(name, kind, values, len(series), len(series) - len(present), infinite)


def _clean(present: Any) -> tuple[Kind, Any]:
    """Return the kind of a column without missing values, and its values in that kind's form."""
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(present.dtype.categories.dtype)
    dtype = present.dtype
    if hasattr(present, "geom_type"):
        return Kind.SHAPE, present.geom_type.astype(str)
    if pd.api.types.is_bool_dtype(dtype):
        return Kind.YES_NO, present.astype(bool)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return Kind.NUMBER, present.astype("float64")
    if isinstance(dtype, pd.PeriodDtype):
        present = present.dt.to_timestamp()
    if pd.api.types.is_datetime64_any_dtype(present.dtype):
        return Kind.DATE, _without_zone(present)
    if pd.api.types.is_timedelta64_dtype(dtype):
        return Kind.DURATION, present
    return _clean_objects(present)


def _clean_objects(present: Any) -> tuple[Kind, Any]:
    inferred = pd.api.types.infer_dtype(present, skipna=False)
    if inferred == "boolean":
        return Kind.YES_NO, present.astype(bool)
    if inferred in {"integer", "floating", "mixed-integer-float", "decimal"}:
        return Kind.NUMBER, present.astype("float64")
    if inferred in {"date", "datetime", "datetime64"}:
        return _attempt(Kind.DATE, present, lambda: pd.to_datetime(present, utc=True))
    if inferred == "string":
        return _clean_text(present.astype("str"))
    return Kind.MIXED, present.map(str).astype("str")


def _clean_text(present: Any) -> tuple[Kind, Any]:
    sample = present.head(_SAMPLE)
    if all(map(_ISO_DATE.fullmatch, sample)):
        return _attempt(Kind.DATE, present, lambda: pd.to_datetime(present, format="ISO8601", utc=True))
    if all(map(_DAY_FIRST.fullmatch, sample)):
        return _attempt(Kind.DATE, present, lambda: pd.to_datetime(present, format="%d.%m.%Y"))
    return Kind.TEXT, present


def _attempt(kind: Kind, present: Any, convert: Callable[[], Any]) -> tuple[Kind, Any]:
    """Return the converted values, or text when one of them does not convert."""
    try:
        return kind, _without_zone(convert())
    except (ValueError, TypeError, OverflowError):
        return Kind.TEXT, present.map(str).astype("str")


def _without_zone(dates: Any) -> Any:
    return dates.dt.tz_convert("UTC").dt.tz_localize(None) if dates.dt.tz is not None else dates
