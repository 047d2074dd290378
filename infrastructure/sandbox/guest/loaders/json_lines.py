"""JSON Lines: a row a line, read in columns where all lines are alike."""

import io
from collections.abc import Iterator
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
from pyarrow import json as arrow_json

from loaders.columnar import mapped
from loaders.errors import LoadFileError
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import cut

_BLOCK_BYTES = 2 << 20
_FIRST_BYTES = 256 * 1024
_SHOWN_CHARACTERS = 80


def load_json_lines(source: Source, options: Options) -> Any:
    """Return a DataFrame with a row a line, or a list when lines are not objects.

    Text stays text: nothing is taken for a number or a date because it looks like one.
    """
    if options.get("nrows") is None:
        table = _flat_table(source)
        if table is not None:
            return cut(table.to_pandas(split_blocks=True, self_destruct=True), options)
    return cut(frame(rows_of(source, options.get("nrows"))), {**options})


def rows_of(source: Source, nrows: int | None = None) -> Iterator[Any]:
    """Yield what each line that is not blank spells.

    Raises:
        LoadFileError: a line is no JSON.
    """
    with source.open() as stream:
        found = 0
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
            if not text:
                continue
            if nrows is not None and found >= nrows:
                return
            found += 1
            try:
                yield orjson.loads(text)
            except orjson.JSONDecodeError as error:
                shown = text[:_SHOWN_CHARACTERS].decode(errors="replace")
                msg = f"Line {number} is not JSON ({error.msg}): {shown!r}. as_='text' gives the lines."
                raise LoadFileError(msg) from None


def frame(values: Iterator[Any]) -> Any:
    """Return a DataFrame of objects, or a list of anything else."""
    rows = list(values)
    # Not pandas.read_json: it turns text such as "007" into numbers and some names into dates.
    return pd.DataFrame(rows) if all(isinstance(row, dict) for row in rows) else rows


def _flat_table(source: Source) -> pa.Table | None:
    """Return all lines as columns of numbers, text and booleans; None when they are not as plain as that."""
    try:
        schema = _with_text_for_dates(_read(io.BytesIO(_first_lines(source))).schema)
        while True:
            with mapped(source) as stream:
                table = _read(stream, schema)
            if table.schema == _with_text_for_dates(table.schema):
                return table if table.num_rows and all(map(_is_plain, table.schema.types)) else None
            schema = _with_text_for_dates(table.schema)  # a date stood further down only
    except (pa.ArrowException, UnicodeDecodeError):
        return None


def _first_lines(source: Source) -> bytes:
    head = source.head(_FIRST_BYTES)
    return head[: head.rfind(b"\n") + 1] if len(head) == _FIRST_BYTES else head


def _read(stream: Any, schema: pa.Schema | None = None) -> pa.Table:
    blocks = arrow_json.ReadOptions(block_size=_BLOCK_BYTES)
    return arrow_json.read_json(stream, blocks, arrow_json.ParseOptions(explicit_schema=schema))


def _with_text_for_dates(schema: pa.Schema) -> pa.Schema:
    """Return a schema in which what Arrow takes for dates stays the text that it is; all unknown is open."""
    kinds = ((field.name, field.type) for field in schema if not pa.types.is_null(field.type))
    return pa.schema([(name, pa.string() if pa.types.is_timestamp(kind) else kind) for name, kind in kinds])


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_string(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
    )
