"""Tables of the library that was asked for, from whatever a file was loaded as."""

from typing import Any

import pandas as pd

import host_packages
from loaders.errors import LoadFileError
from loaders.source import Source
from loaders.tables import Tables


def as_table(loaded: Any, form: str, source: Source) -> Any:
    """Return `loaded` as a table of pandas, polars or Arrow.

    Raises:
        LoadFileError: it is several tables, or none.
    """
    if isinstance(loaded, Tables):
        msg = f"This file holds several tables. {loaded.hint()}"
        raise LoadFileError(msg)
    df = _frame(loaded, source)
    if form == "pandas":
        return df
    if form == "arrow":
        import pyarrow as pa  # noqa: PLC0415 - dear to import, and rarely needed

        return pa.Table.from_pandas(df, preserve_index=False)
    host_packages.require(["polars"])
    import polars as pl  # noqa: PLC0415 - it comes as a package

    return pl.from_pandas(df)


def _frame(loaded: Any, source: Source) -> pd.DataFrame:
    if isinstance(loaded, str):
        from loaders.tabular import load_csv  # noqa: PLC0415 - imports this module's neighbours

        return load_csv(source, {})
    if isinstance(loaded, pd.DataFrame):
        return pd.DataFrame(loaded)
    for method in ("to_dataframe", "to_pandas"):
        if hasattr(loaded, method):
            return pd.DataFrame(getattr(loaded, method)()).reset_index()
    try:
        return pd.json_normalize(loaded) if isinstance(loaded, dict | list) else pd.DataFrame(loaded)
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        msg = f"{source.filename!r} loads as {type(loaded).__name__}, which is no table."
        raise LoadFileError(msg) from None
