"""Data sets of statistics packages, with their labels kept in `df.attrs`."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyreadstat

from loaders.registry import Options
from loaders.source import Source


def load_spss(source: Source, options: Options) -> pd.DataFrame:
    """Read an SPSS file."""
    return _read(pyreadstat.read_sav, source, options, ".sav")


def load_stata(source: Source, options: Options) -> pd.DataFrame:
    """Read a Stata file."""
    return _read(pyreadstat.read_dta, source, options, ".dta")


def load_sas(source: Source, options: Options) -> pd.DataFrame:
    """Read a SAS data set."""
    return _read(pyreadstat.read_sas7bdat, source, options, ".sas7bdat")


def load_por(source: Source, options: Options) -> pd.DataFrame:
    """Read a portable SPSS file."""
    return _read(pyreadstat.read_por, source, options, ".por")


def load_xport(source: Source, options: Options) -> pd.DataFrame:
    """Read a SAS transport file."""
    return _read(pyreadstat.read_xport, source, options, ".xpt")


def _read(reader: Callable[..., Any], source: Source, options: Options, extension: str) -> pd.DataFrame:
    for general, own in (("nrows", "row_limit"), ("columns", "usecols")):
        if general in options:
            options[own] = options.pop(general)
    with source.path(extension) as path:
        df, meta = reader(path, **{"dates_as_pandas_datetime": True} | options)
    labels = {name: text for name, text in meta.column_names_to_labels.items() if text}
    df.attrs |= {"column_labels": labels, "value_labels": dict(meta.variable_value_labels)}
    return df
