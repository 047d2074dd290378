"""How delimited text is laid out, found out from its start: separator, first line, writing of numbers."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from loaders.numerals import decimal_of_groups, is_decimal_comma, is_group_or_decimals, is_value

SNIFFED_BYTES = 32 * 1024
DELIMITERS = ",;\t|"
BLANKS = r"\s+"
_UNUSUAL = "~^"
_ESCAPE = "\\"
_SNIFFED_ROWS = 200
_LOOKED_AT_ROWS = 60
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*(\n|\r\n?)', re.IGNORECASE)
_YEAR = re.compile(r"(19|20)\d\d")

Row = Sequence[str]
Column = tuple[str, list[str]]
Quirk = tuple[str, Any]


@dataclass(frozen=True)
class Layout:
    """Where the table of a file is, and how it is written.

    `rows_above` lie above its header. A table `is_ragged` when pandas would take the
    first fields of rows longer than the header for row names. `grouped` pairs the
    names of columns of numbers with thousands separators with their decimal mark. One
    field too many, and that not empty, is how R writes row names: that is left to pandas.
    A `quirk` is an option of the csv module and of pandas without which fields are cut wrongly.
    Numbers of `ambiguous` columns could have thousands separators or three decimals.
    """

    separator: str
    rows_above: Sequence[Row] = ()
    has_decimal_commas: bool = False
    is_ragged: bool = False
    has_row_names: bool = False
    grouped: Sequence[tuple[str, str]] = ()
    leading_zeros: Sequence[str] = ()
    header_is_values: bool = False
    quirk: Quirk | None = None
    ambiguous: Sequence[str] = ()

    @property
    def options(self) -> dict[str, object]:
        """What `pandas.read_csv` has to know of it."""
        found: dict[str, object] = {"sep": self.separator}
        if self.rows_above:
            found["skiprows"] = len(self.rows_above)
        if self.quirk:
            found |= [self.quirk]
        return found | ({"decimal": ","} if self.has_decimal_commas else {})


def layout_of(text: str, extension: str, separator: str | None, *, header_is_first: bool) -> Layout:
    """Return the layout of a table that starts with `text`.

    A `separator` that is given is taken; when `header_is_first`, nothing is above it.
    """
    said = _SEPARATOR_LINE.match(text)  # as Excel writes it, and hides it
    fallback = "\t" if extension in (".tsv", ".tab") else ","
    separator = separator or (said and said[1]) or sniff_delimiter(text) or fallback
    if len(separator) != 1:
        return Layout(separator)
    quirk = _quirk(text, separator)
    lines = _first_lines(text, separator, quirk)
    above = 0 if header_is_first else 1 if said else _rows_above(lines)
    rows = [row for row in lines[above:] if row]
    columns = list(_columns(rows))
    surplus = len(rows[1]) - len(rows[0]) if len(rows) > 1 else 0
    ragged = surplus > 1 or (surplus == 1 and all(row[-1] == "" for row in rows[1:]))
    commas = separator != "," and _has_decimal_commas(rows)
    return Layout(
        separator,
        [()] if said and above else lines[:above],
        commas,
        ragged,
        not ragged and surplus == 1,
        _grouped(columns, commas=commas),
        _with_leading_zeros(columns),
        bool(rows) and not header_is_first and all(map(is_value, rows[0])),
        quirk,
        _ambiguous(columns) if separator == ";" and not commas else (),
    )


def _first_lines(text: str, separator: str, quirk: Quirk | None) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, **dict(filter(None, [quirk])))
    return list(islice(reader, _LOOKED_AT_ROWS))


def _quirk(text: str, separator: str) -> Quirk | None:
    """Return what makes the rows of quoted fields come out alike, where nothing else does.

    A backslash before a quotation mark within a field, as MySQL and Spark write it, or
    blanks before a quoted field, or apostrophes for quotation marks. A backslash that
    merely ends a field escapes nothing.
    """
    signs = (
        (f'{_ESCAPE}"', ("escapechar", _ESCAPE)),
        (f'{separator} "', ("skipinitialspace", True)),
        (f"'{separator}", ("quotechar", "'")),
    )
    quirks = [quirk for sign, quirk in signs if sign in text]
    if not quirks:
        return None
    widths = {
        each: len({len(row) for row in _first_lines(text, separator, each)}) for each in (None, *quirks)
    }
    return min(widths, key=lambda each: widths[each])


def rows_of(text: str, delimiter: str, quoting: Any = csv.QUOTE_MINIMAL) -> Iterator[list[str]]:
    """Yield the rows of delimited text that are not blank."""
    lines = io.StringIO(text, newline="")
    yield from (row for row in csv.reader(lines, delimiter=delimiter, quoting=quoting) if row)


def sniff_delimiter(text: str) -> str | None:
    """Return the delimiter that cuts most lines into as many fields as the first, or None.

    Unlike `csv.Sniffer` it does not give up on quoted JSON or ragged rows. Where none
    of the usual ones cuts anything, clevercsv looks for an unusual one.
    """
    candidates = [delimiter for delimiter in DELIMITERS if delimiter in text]
    if candidates == [","]:
        return ","  # nothing to weigh: the most frequent kind of file is told at once
    best: tuple[bool, float, int] = (False, 0.0, 1)
    found = None
    for delimiter in candidates:
        widths = [len(row) for row in islice(rows_of(text, delimiter), _SNIFFED_ROWS)]
        usual = max(set(widths), key=widths.count, default=0)
        score = (widths[:1] == [usual], widths.count(usual) / max(len(widths), 1), usual)
        if usual > 1 and score > best:
            best, found = score, delimiter
    return found or (None if candidates else _unusual_delimiter(text))


def _unusual_delimiter(text: str) -> str | None:
    """Return a delimiter such as `~`, or blanks, that make a table of text, or None."""
    lines = [line for line in text.splitlines()[:_LOOKED_AT_ROWS] if line.strip()]
    if not any(mark in line for line in lines[:1] for mark in _UNUSUAL):
        return BLANKS if _is_cut_by_blanks(lines) else None
    import clevercsv  # noqa: PLC0415 - dear to import, and rarely needed

    try:
        found = clevercsv.Sniffer().sniff("\n".join(lines), delimiters=_UNUSUAL)
    except clevercsv.Error:
        return None
    return found.delimiter if found is not None and found.delimiter in _UNUSUAL else None


def _is_cut_by_blanks(lines: Sequence[str]) -> bool:
    """Tell whether blanks cut all lines alike, with numbers below each other: prose has neither."""
    rows = [line.split() for line in lines]
    return len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 and _has_value_column(rows[1:])


def _rows_above(rows: Sequence[Row]) -> int:
    """Return how many rows are above the table: a title, the day of a report, comments.

    They fill fewer fields than the table; its header is words, and below one of them at
    least there are numbers or dates. What is not as clear as that is left to pandas.
    """
    if not rows or (all(rows[0]) and len(rows[0]) == max(map(len, rows)) and not _is_comment(rows[0])):
        return 0  # as in most files: the header is the first line
    filled = [0 if _is_comment(row) else sum(map(bool, map(str.strip, row))) for row in rows]
    body = [count for count in filled if count]
    usual = max(set(body), key=body.count, default=0)
    if usual < 2 or filled[0] >= usual:  # noqa: PLR2004 - a table has two columns
        return 0
    start = next(place for place, count in enumerate(filled) if count >= usual)
    if _is_comment(rows[start - 1]) and len(rows[start - 1]) == usual:
        return start - 1  # the header itself is written as a comment
    titles = all(count <= max(1, usual // 2) for count in filled[:start])
    below = [row for row in rows[start + 1 :] if row]
    return start if titles and all(map(_is_word, rows[start])) and _has_value_column(below) else 0


def _is_comment(row: Row) -> bool:
    return bool(row) and row[0].lstrip().startswith("#")


def _is_word(cell: str) -> bool:
    return bool(cell.strip()) and (not is_value(cell) or bool(_YEAR.fullmatch(cell.strip())))


def _has_value_column(rows: Sequence[Row]) -> bool:
    return any(cells and all(map(is_value, cells)) for _, cells in _columns([(), *rows]))


def _has_decimal_commas(rows: Iterable[Row]) -> bool:
    found = {is_decimal_comma(cell) for row in rows for cell in row}
    return True in found and False not in found


def _grouped(columns: Sequence[Column], *, commas: bool) -> Sequence[tuple[str, str]]:
    marks = ((name, decimal_of_groups(cells, commas=commas)) for name, cells in columns)
    return tuple((name, mark) for name, mark in marks if mark)


def _ambiguous(columns: Sequence[Column]) -> Sequence[str]:
    return tuple(name for name, cells in columns if cells and all(map(is_group_or_decimals, cells)))


def _with_leading_zeros(columns: Sequence[Column]) -> Sequence[str]:
    return tuple(
        name
        for name, cells in columns
        if all(map(str.isdigit, cells)) and any(cell[0] == "0" and len(cell) > 1 for cell in cells)
    )


def _columns(rows: Sequence[Row]) -> Iterator[Column]:
    """Yield the name of each column, empty where there is none, and its cells that are not empty."""
    header, *body = rows or [()]
    for name, cells in zip_longest(header, zip_longest(*body, fillvalue=""), fillvalue=""):
        yield name, list(filter(None, map(str.strip, cells)))
