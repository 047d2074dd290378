"""Correlations of the numeric columns, as a picture and in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.columns import numbers_of, study
from analyses.drawing import FAINT, picture
from analyses.printing import clipped, count, heading, print_table, say
from analyses.tables import largest

FILENAME = "correlations.png"
MOST_COLUMNS = 25
MOST_PAIRS = 10
LEAST_ROWS = 3
"""Rows in which both columns have values; with two, every correlation is 1."""

_MOST_ANNOTATED = 16
_LABEL = 24
_DARK = 0.6
_TITLE_INCHES = 0.45
_ROOMY, _NARROW = 0.62, 0.4


def draw_correlations(tables: Mapping[str, pd.DataFrame], name: str) -> None:
    """Save a heat map of Pearson's correlations, or say why there is none."""
    title, df = largest(tables, name)
    numbers = numbers_of(study(df))
    values = pd.DataFrame({column.name: column.values for column in numbers})
    matrix = values.corr(min_periods=LEAST_ROWS)
    matrix = matrix.dropna(how="all").dropna(how="all", axis="columns")
    if len(matrix) <= 1:
        say(
            f"{title} has {'one' if len(matrix) else 'no'} numeric column that can be correlated. Two are "
            f"needed: columns of numbers that vary, with values in at least {LEAST_ROWS} common rows."
        )
        return
    _print_strongest(values, matrix, title)
    shown = _most_correlated(matrix)
    side = 2.6 + (_ROOMY if len(shown) <= _MOST_ANNOTATED else _NARROW) * len(shown)
    with picture(FILENAME, f"Correlations in {title}", (max(side + 1, 5.5), max(side, 4))) as figure:
        _draw(figure, shown)
    if len(shown) < len(matrix):
        say(f"The picture has the {len(shown)} columns that go together most, of {len(matrix)}.")


def _most_correlated(matrix: pd.DataFrame) -> pd.DataFrame:
    if len(matrix) <= MOST_COLUMNS:
        return matrix
    others = matrix.abs().where(~np.eye(len(matrix), dtype=bool))
    names = others.max().nlargest(MOST_COLUMNS).index
    kept = [name for name in matrix.columns if name in set(names)]
    return matrix.loc[kept, kept]


def _print_strongest(values: pd.DataFrame, matrix: pd.DataFrame, title: str) -> None:
    heading(f"{title}: correlations of {count(len(matrix), 'column')}")
    below = matrix.where(np.tril(np.ones(matrix.shape, dtype=bool), k=-1))
    pairs = below.stack().dropna()  # noqa: PD013 - a series by pairs of names is what is wanted
    strongest = pairs.sort_values(key=abs, ascending=False, kind="stable").head(MOST_PAIRS)
    rows = []
    for (one, other), r in strongest.items():
        common = int((values[one].notna() & values[other].notna()).sum())
        rows.append((clipped(other, 36), clipped(one, 36), f"{r:+.2f}", f"{common:,}"))
    print_table(("column", "and", "correlation", "rows"), rows, left=("column", "and"))


def _draw(figure: Figure, matrix: pd.DataFrame) -> None:
    below_title = 1 - _TITLE_INCHES / figure.get_figheight()
    figure.set_layout_engine("constrained", rect=(0, 0, 1, below_title))
    axes = figure.add_subplot()
    below = matrix.to_numpy()[1:, :-1]
    drawn = np.ma.masked_where(np.triu(np.ones(below.shape, dtype=bool), k=1) | np.isnan(below), below)
    image = axes.pcolormesh(drawn, cmap="RdBu_r", vmin=-1, vmax=1, edgecolors="white", linewidth=1.5)
    labels = [clipped(name, _LABEL) for name in matrix.columns]
    places = np.arange(len(below)) + 0.5
    axes.set_yticks(places, labels[1:])
    axes.set_xticks(places, labels[:-1], rotation=40, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    if len(matrix) <= _MOST_ANNOTATED:
        _annotate(axes, drawn)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, ticks=[-1, -0.5, 0, 0.5, 1])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelcolor=FAINT)


def _annotate(axes: Axes, drawn: Any) -> None:
    for (row, column), r in np.ma.ndenumerate(drawn):
        colour = "white" if abs(r) > _DARK else "black"
        axes.text(column + 0.5, row + 0.5, f"{r:.2f}", ha="center", va="center", color=colour, fontsize=9)
