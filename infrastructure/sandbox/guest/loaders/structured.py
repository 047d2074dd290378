"""JSON, JSON Lines, YAML and TOML."""

import io
import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pandas as pd
import yaml

from loaders.errors import LoadFileError, refuse
from loaders.registry import Options
from loaders.source import Source


def load_json(source: Source, options: Options) -> Any:
    """Return a DataFrame for a list of flat records, else what the JSON spells."""
    if options:
        return pd.read_json(io.BytesIO(source.read()), **options)
    text = source.text()
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
        return _frame(_json_lines(text))
    return table_if_flat(parsed)


def load_json_lines(source: Source, options: Options) -> Any:
    """Return a DataFrame with a row a line, or a list when lines are not objects."""
    refuse(options)
    return _frame(_json_lines(source.text()))


def load_yaml(source: Source, options: Options) -> Any:
    """Return what the YAML spells; a list of several documents."""
    refuse(options)
    documents = list(yaml.load_all(source.text(), Loader=yaml.CSafeLoader))
    return table_if_flat(documents[0] if len(documents) == 1 else documents or None)


def load_toml(source: Source, options: Options) -> dict[str, Any]:
    """Return the tables of a TOML file as a dict."""
    refuse(options)
    return tomllib.loads(source.text())


def table_if_flat(parsed: object) -> Any:
    """Return a DataFrame for a list of objects without nested values, else `parsed` itself."""
    if isinstance(parsed, list) and parsed and all(map(_is_flat, parsed)):
        return pd.DataFrame(parsed)
    return parsed


def _is_flat(item: object) -> bool:
    return isinstance(item, dict) and not any(isinstance(value, dict | list) for value in item.values())


def _json_lines(text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                msg = f"Line {number} is not JSON ({error.msg}): {line[:80]!r}. as_='text' gives the lines."
                raise LoadFileError(msg) from None


def _frame(values: Iterator[Any]) -> Any:
    rows = list(values)
    # Not pandas.read_json: it turns text such as "007" into numbers and some names into dates.
    return pd.DataFrame(rows) if all(isinstance(row, dict) for row in rows) else rows
