"""The look of pictures, and how they are saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from analyses.printing import clipped, number, say

BLUE, GREEN, ORANGE, PURPLE = "#3b6ea8", "#3c8d7d", "#c8663b", "#7d5a96"
INK, FAINT = "#2b2f36", "#8a919c"

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#c9ced6",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": FAINT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.size": 9,
    "grid.color": "#eceff3",
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
}
_DPI = 130
_LETTERS_PER_INCH = 8
_LEAST_SEPARATED = 10_000


@contextmanager
def picture(filename: str, title: str, size_inches: tuple[float, float]) -> Iterator[Figure]:
    """Lend a figure, and save it at the end."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size_inches)
        x, y = 0.12 / size_inches[0], 1 - 0.12 / size_inches[1]
        words = clipped(title, int(size_inches[0] * _LETTERS_PER_INCH))
        figure.suptitle(words, x=x, y=y, ha="left", va="top", fontsize=14, fontweight="bold")
        yield figure
        figure.savefig(filename, dpi=_DPI)
    say(f"Saved as {filename}.")


def grid_of_panels(figure: Figure, down: int, across: int) -> Iterator[Axes]:
    """Yield axes row by row, with fixed room for ticks and words: measuring it would double the time."""
    width, height = figure.get_size_inches()
    left, right, top, bottom, gap_x, gap_y = 0.65, 0.4, 0.85, 0.6, 0.75, 0.95
    panel_width = (width - left - right - gap_x * (across - 1)) / across
    panel_height = (height - top - bottom - gap_y * (down - 1)) / down
    for position in range(down * across):
        row, column = divmod(position, across)
        x = left + column * (panel_width + gap_x)
        y = height - top - panel_height - row * (panel_height + gap_y)
        yield figure.add_axes((x / width, y / height, panel_width / width, panel_height / height))


def plain_ticks(axes: Axes) -> None:
    """Show long numbers with separators, without offsets or powers."""
    for axis in (axes.xaxis, axes.yaxis):
        formatter = axis.get_major_formatter()
        if axis.get_scale() == "log":
            axis.set_major_locator(LogLocator(numticks=6))
            axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
            axis.set_minor_formatter(NullFormatter())
        elif isinstance(formatter, ScalarFormatter):
            formatter.set_useOffset(False)
            if max(map(abs, axis.get_view_interval())) >= _LEAST_SEPARATED:
                axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def remark(axes: Axes, *parts: str) -> None:
    """Write small words below a panel."""
    axes.set_xlabel(", ".join(filter(None, parts)), fontsize=8)


def date_axis(axes: Axes, dates: Any) -> None:
    """Show few and short dates, from the first to the last: beyond may be no year that can be drawn."""
    axes.set_xlim(dates.min(), dates.max())
    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def row_axis(axes: Axes) -> None:
    """Let the upward axis count rows."""
    axes.set_ylabel("rows", fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
