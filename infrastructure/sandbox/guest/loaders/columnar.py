"""Column stores of the Arrow family."""

import pandas as pd

from loaders.registry import Options
from loaders.source import Source


def load_parquet(source: Source, options: Options) -> pd.DataFrame:
    """Read a Parquet file."""
    with source.open() as stream:
        return pd.read_parquet(stream, engine="pyarrow", **options)


def load_feather(source: Source, options: Options) -> pd.DataFrame:
    """Read a Feather file of version 1 or 2 (an Arrow IPC file)."""
    with source.open() as stream:
        return pd.read_feather(stream, **options)
