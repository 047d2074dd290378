"""What analyses must survive: objects that files load as, each with a trap.

Imported under the interpreter of the code environment.
"""

import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import fromstring

import geopandas
import numpy as np
import pandas as pd
from PIL import Image
from shapely.geometry import Point, Polygon
from sklearn.linear_model import LinearRegression

from loaders.tables import Tables

RANDOM = np.random.default_rng(1)


def wide() -> pd.DataFrame:
    """Return far more columns than anyone can see."""
    return pd.DataFrame(RANDOM.normal(size=(50, 200)), columns=[f"var_{n}" for n in range(200)])


def mixed() -> pd.DataFrame:
    """Return numbers, text, lists and dates in one column."""
    cells = [1, "a", None, [1], {"b": 2}, dt.date(2020, 1, 1)]
    return pd.DataFrame({"m": cells, "n": range(6)})


def huge_numbers() -> pd.DataFrame:
    """Return numbers beyond 64 bits, and at the ends of what floats can be."""
    return pd.DataFrame(
        {
            "big": [10**30, 2 * 10**30, 3],
            "unsigned": np.array([2**64 - 1, 0, 5], dtype="uint64"),
            "edge": [1e308, -1e308, 0],
        }
    )


def names() -> pd.DataFrame:
    """Return names that are long, formulas, Asian, pictures, or commands to a terminal."""
    values = RANDOM.normal(size=60)
    return pd.DataFrame(
        {
            "a very long name " * 8: [f"a category with a long name, number {n % 9} " * 5 for n in range(60)],
            "$x_{1$": values,
            "日本語の列": ["東京都", "大阪府", "名古屋"] * 20,
            "smile 😀": range(60),
            "bell\x07\x1b[31m\n": range(60),
        }
    )


def dtypes() -> pd.DataFrame:
    """Return a column of every dtype that people meet."""
    return pd.DataFrame(
        {
            "category": pd.Categorical(["a", "b", "a", None]),
            "number category": pd.Categorical([3, 1, 2, 3]),
            "period": pd.period_range("2020-01", periods=4, freq="M"),
            "duration": pd.to_timedelta([1, 2, 3, None], unit="D"),
            "complex": [1 + 2j, 3, 4, 5],
            "decimal": [decimal.Decimal("1.5"), None, decimal.Decimal(2), decimal.Decimal(3)],
            "bytes": [b"a", b"\xff", None, b"c"],
            "nullable": pd.array([1, None, 3, 4], dtype="Int64"),
            "boolean": pd.array([True, None, False, True], dtype="boolean"),
            "interval": pd.interval_range(0, 4),
            "object yes/no": [True, False, None, True],
            "time": [dt.time(1), dt.time(2), None, dt.time(3)],
            "far dates": [dt.date(9999, 1, 1), dt.date(1, 1, 1), None, dt.date(2020, 1, 1)],
        }
    )


def series_in_time() -> pd.DataFrame:
    """Return a development with a zone, skewed values, groups and years."""
    rows = 500
    return pd.DataFrame(
        {
            "when": pd.date_range("2020-01-01", periods=rows, freq="h", tz="Europe/Paris"),
            "walk": RANDOM.normal(size=rows).cumsum(),
            "skewed": RANDOM.lognormal(3, 3, rows),
            "yes": RANDOM.random(rows) > 0.3,
            "group": RANDOM.choice(list("abcdefghijklmnop"), rows),
            "year": RANDOM.choice([2020, 2021, 2022], rows),
        }
    )


def dates_as_text() -> pd.DataFrame:
    """Return dates in two notations, and what only looks like one."""
    days = [1 + n % 28 for n in range(56)]
    return pd.DataFrame(
        {
            "iso": [f"2024-01-{day:02}" for day in days],
            "german": [f"{day:02}.03.2024" for day in days],
            "fake": ["2024-13-45"] * 56,
        }
    )


def labels_and_levels() -> pd.DataFrame:
    """Return columns and rows with labels of several levels."""
    return pd.DataFrame(
        RANDOM.normal(size=(10, 4)),
        columns=pd.MultiIndex.from_product([["A", "B"], ["x", "y"]]),
        index=pd.MultiIndex.from_product([["i", "j"], range(5)]),
    )


def shapes() -> Any:
    """Return a point, a polygon and nothing."""
    geometry = [Point(0, 0), Polygon([(1, 1), (3, 1), (2, 3)]), None]
    return geopandas.GeoDataFrame({"n": ["a", "b", "c"]}, geometry=geometry, crs=4326)


def several_tables() -> Tables:
    """Return a small and a large table."""
    return Tables({"small": pd.DataFrame({"a": [1]}), "large": series_in_time()}, "sheet_name")


STRANGE: dict[str, Callable[[], Any]] = {
    "wide": wide,
    "constant": lambda: pd.DataFrame({"a": [1] * 20, "b": ["x"] * 20}),
    "all missing": lambda: pd.DataFrame({"a": [None] * 5, "b": [np.nan] * 5}),
    "infinite": lambda: pd.DataFrame({"a": [1, np.inf, -np.inf, 4.0], "b": [1.0, 2, 3, 5]}),
    "only infinite": lambda: pd.DataFrame({"a": [np.inf, -np.inf, np.inf], "b": [1.0, 2, 3]}),
    "mixed": mixed,
    "huge numbers": huge_numbers,
    "tiny numbers": lambda: pd.DataFrame({"t": RANDOM.normal(size=30) * 1e-300}),
    "one row": lambda: pd.DataFrame({"a": [1], "b": ["x"]}),
    "no rows": lambda: pd.DataFrame({"a": pd.Series(dtype=float), "b": pd.Series(dtype="str")}),
    "no columns": pd.DataFrame,
    "rows without columns": lambda: pd.DataFrame(index=range(3)),
    "twice the same name": lambda: pd.DataFrame([[1, 2], [3, 4], [3, 4]], columns=["a", "a"]),
    "names": names,
    "dtypes": dtypes,
    "series in time": series_in_time,
    "dates as text": dates_as_text,
    "labels and levels": labels_and_levels,
    "lists in cells": lambda: pd.DataFrame({"l": [[1], [1], [2]]}),
    "several tables": several_tables,
    "shapes": shapes,
    "records": lambda: [{"a": 1, "b": {"c": 2}}, {"a": 3, "b": {"c": 5}}, {"a": 4}],
    "nested": lambda: {"meta": {"n": 1}, "items": [{"id": 1, "v": 2.0}, {"id": 2, "v": 3.5}]},
    "text": lambda: "Hello world\n" * 30 + "Été à la plage\n",
    "no text": str,
    "bytes": lambda: bytes(range(256)),
    "one value": lambda: np.array(3),
    "cube": lambda: np.arange(60.0).reshape(3, 4, 5),
    "matrix": lambda: np.eye(3),
    "nothing": lambda: None,
    "list": lambda: [1, 2, "x"],
    "tree": lambda: fromstring("<a b='1'><c>x</c><c>y<d/></c></a>"),  # noqa: S314 - written here
    "picture": lambda: Image.new("RGBA", (30, 20), (255, 0, 0, 128)),
    "model": lambda: LinearRegression().fit([[0], [1]], [1, 3]),
}
