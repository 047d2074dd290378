"""Readable output: at most 100 columns wide, plain text, safe for what hostile files hold."""

import math
from collections.abc import Iterable, Sequence
from textwrap import fill
from unicodedata import combining, east_asian_width

WIDTH = 100
_GAP = "  "
_SIGNIFICANT_DIGITS = 4
_LEAST_GROUPED = 10_000
_LEAST_PLAIN = 1e-4
_MOST_PLAIN = 1e9


def say(text: str) -> None:
    """Print a paragraph."""
    print(fill(printable(text), WIDTH))


def heading(text: str) -> None:
    """Print a line that stands out."""
    text = clipped(text, WIDTH)
    print(f"{text}\n{'=' * len(text)}")


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, left: Sequence[str] = ()) -> None:
    """Print an aligned table; the columns named in `left` start at the left and give way when it is wide."""
    lines = [[printable(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(map(columns_of, cells)) for cells in zip(*lines, strict=True)]
    flexible = [n for n, header in enumerate(headers) if header in left]
    for _ in range(sum(widths) + len(_GAP) * (len(widths) - 1) - WIDTH):
        if flexible:
            widths[max(flexible, key=widths.__getitem__)] -= 1
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        cells = (_aligned(cell, widths[n], to_left=n in flexible) for n, cell in enumerate(line))
        print(_GAP.join(cells).rstrip())
    print()


def _aligned(cell: str, width: int, *, to_left: bool) -> str:
    if columns_of(cell) > width:
        while columns_of(cell) > width - 1:
            cell = cell[:-1]
        cell += "…"
    blank = " " * (width - columns_of(cell))
    return cell + blank if to_left else blank + cell


def columns_of(text: str) -> int:
    """Return how many columns of a terminal `text` fills; Chinese characters fill two."""
    return sum(2 if east_asian_width(c) in "WF" else not combining(c) for c in text)


def printable(text: str) -> str:
    """Return `text` in one line without characters that a terminal obeys."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def clipped(text: object, limit: int) -> str:
    """Return `text` in one line of at most `limit` characters, cut with an ellipsis."""
    shown = printable(str(text)[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def number(value: float) -> str:
    """Return a number with four significant digits, whole numbers whole."""
    if not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    size = abs(value)
    if size and not _LEAST_PLAIN <= size < _MOST_PLAIN:
        return f"{value:.{_SIGNIFICANT_DIGITS}g}"
    if float(value).is_integer():
        return f"{int(value):,}" if size >= _LEAST_GROUPED else str(int(value))
    decimals = max(0, _SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(size)))
    shown = f"{value:,.{decimals}f}" if size >= _LEAST_GROUPED else f"{value:.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def count(amount: int, one: str, many: str = "") -> str:
    """Return an amount with its noun (`1 row`, `1,234 rows`)."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def listing(names: Sequence[str], most: int = 12) -> str:
    """Return names in a row, cut after `most`."""
    shown = ", ".join(clipped(name, 40) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
