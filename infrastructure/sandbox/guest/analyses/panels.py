"""Charts of a table: a panel a column, of the kind that fits it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.columns import Column, Kind, numbers_of, study
from analyses.drawing import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    date_axis,
    grid_of_panels,
    picture,
    plain_ticks,
    remark,
    row_axis,
)
from analyses.printing import clipped, count, listing, number, say
from analyses.tables import largest

FILENAME = "charts.png"
MOST_PANELS = 15
ACROSS = 3
_MOST_SERIES = 2
_MOST_POINTS = 300
_MOST_MARKED = 120
_GAP_STEPS = 10
_MOST_BARS = 7
_LEAST_BARS = 4
_MOST_BINS = 40
_FEW_VALUES = 12
_SKEWED = 1000
_MOST_SHAPES = 5000
_LABEL = 44


@dataclass(frozen=True)
class Panel:
    """A part of the picture: its title and what draws it."""

    title: str
    draw: Callable[[Axes], None]


def draw_charts(tables: Mapping[str, pd.DataFrame], name: str) -> None:
    """Save a picture of the largest table, or say why there is nothing to draw."""
    title, df = largest(tables, name)
    columns = study(df)
    panels = _panels(df, columns)
    if not panels:
        say(_nothing_to_draw(df, title))
        return
    shown = panels[:MOST_PANELS]
    down, across = math.ceil(len(shown) / ACROSS), min(ACROSS, len(shown))
    with picture(FILENAME, title, (4.2 * across, 3.2 * down + 0.5)) as figure:
        for panel, axes in zip(shown, grid_of_panels(figure, down, across), strict=False):
            axes.set_title(clipped(panel.title, 34))
            panel.draw(axes)
            plain_ticks(axes)
    _say_what_is_left_out(panels, columns)


def _nothing_to_draw(df: pd.DataFrame, title: str) -> str:
    if len(df) <= 1:
        return f"{title} has {count(len(df), 'row')}: that is too little to draw. The first rows show all."
    return f"{title} has no column whose values vary and repeat, so there is nothing to draw."


def _say_what_is_left_out(panels: list[Panel], columns: list[Column]) -> None:
    if rest := [panel.title for panel in panels[MOST_PANELS:]]:
        say(f"Not drawn for want of room: {listing(rest)}.")
    drawn = {panel.title for panel in panels}
    dull = [c.name for c in columns if not any(c.name in title for title in drawn)]
    if dull:
        say(f"Not drawn, because nearly all or none of their values differ: {listing(dull)}.")


def _panels(df: pd.DataFrame, columns: list[Column]) -> list[Panel]:
    if len(df) <= 1:
        return []
    numbers = numbers_of(columns)
    dates = [c for c in columns if c.kind is Kind.DATE and c.distinct > 2]  # noqa: PLR2004 - a line needs three
    groups = [c for c in columns if c.is_grouping or c.kind is Kind.YES_NO]
    return [
        *(Panel(c.name, _map_of(df, c)) for c in columns if c.kind is Kind.SHAPE),
        *(_development(dates[0], c) for c in (numbers[:_MOST_SERIES] if dates else [])),
        *_in_turns(
            [Panel(c.name, _distribution(c)) for c in numbers],
            [Panel(c.name, _counts(c)) for c in groups],
        ),
        *(Panel(c.name, _dates(c)) for c in dates),
    ]


def _in_turns(numbers: list[Panel], groups: list[Panel]) -> list[Panel]:
    """Return all panels, so that neither sort crowds the other out of the picture."""
    room = max(MOST_PANELS // 3, MOST_PANELS - _MOST_SERIES - len(numbers))
    return [*groups[:room], *numbers, *groups[room:]]


def _distribution(column: Column) -> Callable[[Axes], None]:
    values = column.values

    def draw(axes: Axes) -> None:
        whole = bool((values % 1 == 0).all())
        median = ""
        if whole and column.distinct <= _FEW_VALUES:
            counts = values.value_counts().sort_index()
            axes.bar([number(value) for value in counts.index], counts, color=BLUE, width=0.7)
        else:
            axes.hist(values, bins=_bins(axes, values), color=BLUE, edgecolor="white", linewidth=0.4)
            axes.axvline(values.median(), color=INK, linewidth=1, linestyle=":")
            median = f"median {number(values.median())}"
        remark(axes, median, _missing(column))
        row_axis(axes)

    return draw


def _bins(axes: Axes, values: Any) -> Any:
    low, high = values.quantile([0.01, 0.99])
    if values.min() > 0 and high / low > _SKEWED:
        axes.set_xscale("log")
        return np.geomspace(values.min(), values.max(), _MOST_BINS)
    edges = np.histogram_bin_edges(values, "auto") if np.ptp(values) < np.inf and len(values) > 1 else []
    return min(max(len(edges) - 1, 5), _MOST_BINS)


def _counts(column: Column) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        yes_no = column.kind is Kind.YES_NO
        counts = (column.values.map({True: "yes", False: "no"}) if yes_no else column.values).value_counts()
        shown = counts.head(_MOST_BARS)
        places = np.arange(len(shown))[::-1] + max(0, _LEAST_BARS - len(shown))  # from the top down
        color = PURPLE if yes_no else GREEN
        bars = axes.barh(places, shown, color=color, height=0.3, align="edge")
        axes.bar_label(bars, [f"{times:,}" for times in shown], padding=3, fontsize=8, color=FAINT)
        for place, label in zip(places, shown.index, strict=True):
            axes.annotate(
                clipped(label, _LABEL), (0, place + 0.38), (2, 0), textcoords="offset points", fontsize=8
            )
        axes.margins(x=0.14)
        axes.set_ylim(-0.1, max(len(shown), _LEAST_BARS))
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        rest = len(counts) - len(shown)
        remark(axes, f"{count(rest, 'more value')}" if rest else "", _missing(column))

    return draw


def _dates(column: Column) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        axes.hist(column.values, bins=min(_MOST_BINS, column.distinct), color=ORANGE, edgecolor="white")
        row_axis(axes)
        date_axis(axes, column.values)

    return draw


def _development(dates: Column, column: Column) -> Panel:
    def draw(axes: Axes) -> None:
        joined = pd.concat({"date": dates.values, "value": column.values}, axis=1, join="inner")
        means = joined.groupby("date")["value"].mean().sort_index()
        averaged = len(means) < len(joined)
        if len(means) > _MOST_POINTS:
            step = (means.index[-1] - means.index[0]) / _MOST_POINTS
            means, averaged = means.resample(step).mean().dropna(), True
        few = len(means) <= _MOST_MARKED
        axes.plot(*_with_gaps(means), color=ORANGE, linewidth=1.3, marker="o" if few else "", markersize=3)
        remark(axes, "means" if averaged else "")
        date_axis(axes, means.index)

    return Panel(f"{column.name} by {dates.name}", draw)


def _with_gaps(means: Any) -> tuple[Any, Any]:
    """Return dates and values with a break wherever no data for long would look like a trend."""
    steps = means.index.to_series().diff()
    span = means.index[-1] - means.index[0]
    wide = (steps > steps.median() * _GAP_STEPS) & (steps > span / _GAP_STEPS)
    breaks = pd.Series(np.nan, index=means.index[wide] - pd.Timedelta("1us"))
    broken = pd.concat([means, breaks]).sort_index()
    return broken.index, broken


def _map_of(df: pd.DataFrame, column: Column) -> Callable[[Axes], None]:
    shapes = df.iloc[:, [str(name) for name in df.columns].index(column.name)].dropna()

    def draw(axes: Axes) -> None:
        shapes.head(_MOST_SHAPES).plot(
            ax=axes, color=BLUE, edgecolor=INK, linewidth=0.4, markersize=12, alpha=0.8
        )
        axes.grid(visible=False)
        axes.set_ylabel("")
        remark(axes, count(len(shapes), "shape"))

    return draw


def _missing(column: Column) -> str:
    return f"{column.missing:,} missing" if column.missing else ""
