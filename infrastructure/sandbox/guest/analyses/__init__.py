"""Quick analyses of whatever `load_file` returns: printed words, and pictures in the working folder."""

import warnings
from collections.abc import Callable
from functools import wraps

import numpy as np

from analyses.objects import describe, kind_of, preview
from analyses.previews import print_rows
from analyses.printing import say
from analyses.statistics import print_statistics
from analyses.tables import as_tables

__all__ = ["charts", "correlations", "first_rows", "key_statistics"]


def _calmly(analysis: Callable[[object, str], None]) -> Callable[[object, str], None]:
    """Keep the complaints of libraries about strange values to themselves: users cannot act on them."""

    @wraps(analysis)
    def run(loaded: object, name: str) -> None:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            analysis(loaded, name)

    return run


@_calmly
def key_statistics(loaded: object, name: str) -> None:
    """Print what is in a file; for tables, also save `statistics.csv`."""
    tables = as_tables(loaded)
    if tables:
        print_statistics(tables, name)
    if not tables or (isinstance(loaded, dict) and "" not in tables and len(tables) < len(loaded)):
        describe(loaded, name)


@_calmly
def first_rows(loaded: object, name: str) -> None:
    """Print the first rows of tables, and the start of anything else."""
    tables = as_tables(loaded)
    if tables:
        print_rows(tables, name)
    else:
        preview(loaded, name)


@_calmly
def charts(loaded: object, name: str) -> None:
    """Save `charts.png`: distributions, counts and developments, as the columns ask for."""
    from analyses.panels import draw_charts  # noqa: PLC0415 - words need no drawing library

    tables = as_tables(loaded)
    if tables:
        draw_charts(tables, name)
    else:
        _no_columns(loaded, name, "draw")


@_calmly
def correlations(loaded: object, name: str) -> None:
    """Save `correlations.png`: how the numeric columns go together."""
    from analyses.heat_map import draw_correlations  # noqa: PLC0415 - words need no drawing library

    tables = as_tables(loaded)
    if tables:
        draw_correlations(tables, name)
    else:
        _no_columns(loaded, name, "correlate")


def _no_columns(loaded: object, name: str, purpose: str) -> None:
    say(
        f"{name} loads as {kind_of(loaded)}, not as a table, so there are no columns to {purpose}. "
        "The key statistics and the first rows work for every file, and so does code of your own "
        "with load_file."
    )
