"""Column stores of the Arrow family."""

from typing import Any

import pandas as pd
import pyarrow as pa

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def mapped(source: Source) -> Any:
    """Return the content as a stream, where it can be as a map of the file: nothing of it is copied."""
    path = source.reopened if source.size_bytes else None
    return pa.memory_map(path) if path else source.open()


def load_parquet(source: Source, options: Options) -> pd.DataFrame:
    """Read a Parquet file; one with geometries as a GeoDataFrame."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - starts threads, which no fork of a zygote may have

    nrows = options.pop("nrows", None)
    with mapped(source) as stream:
        file = pq.ParquetFile(stream)
        if b"geo" in (file.schema_arrow.metadata or {}):
            return _geometries(source, options, nrows)
        if set(options) - {"columns"}:
            stream.seek(0)
            return pd.read_parquet(stream, engine="pyarrow", **options).iloc[:nrows]
        if nrows is not None:
            return _frame(_first_rows(file, nrows, **options))
        return _frame(file.read(**options))


def load_feather(source: Source, options: Options) -> pd.DataFrame:
    """Read a Feather file of version 1 or 2 (an Arrow IPC file)."""
    with source.open() as stream:
        return pd.read_feather(stream, **options)


def load_arrow_stream(source: Source, options: Options) -> pd.DataFrame:
    """Read a stream of Arrow record batches."""
    refuse(options)
    with source.open() as stream:
        return _frame(pa.ipc.open_stream(stream).read_all())


def load_orc(source: Source, options: Options) -> pd.DataFrame:
    """Read an ORC file."""
    with source.open() as stream:
        return pd.read_orc(stream, **options)


def _frame(table: pa.Table) -> pd.DataFrame:
    # A block a column: putting columns of one type side by side would copy all of them.
    return table.to_pandas(split_blocks=True, self_destruct=True)


def _first_rows(file: Any, nrows: int, **options: Any) -> pa.Table:
    batches, left = [], nrows
    for batch in file.iter_batches(batch_size=max(min(nrows, 65_536), 1), **options):
        batches.append(batch.slice(0, left))
        left -= len(batches[-1])
        if left <= 0:
            break
    return pa.Table.from_batches(batches) if batches else file.read(**options).slice(0, nrows)


def _geometries(source: Source, options: Options, nrows: int | None) -> pd.DataFrame:
    import geopandas  # noqa: PLC0415 - dear to import, and rarely needed

    with source.open() as stream:
        return geopandas.read_parquet(stream, **options).iloc[:nrows]
