"""Numbers as people write them: decimal commas, thousands in groups of three."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

_BLANK = " \u00a0\u202f"
_DOTTED = rf"[.{_BLANK}]"
_MARKED = rf"[,'\u2019{_BLANK}]"
_MARKS = frozenset(f",'\u2019{_BLANK}")
_FIRST = r"[1-9]\d{0,2}"
_GROUPED = {
    ",": re.compile(rf"[+-]?{_FIRST}({_DOTTED}\d{{3}})+(,\d+)?"),
    ".": re.compile(rf"[+-]?{_FIRST}({_MARKED}\d{{3}})+(\.\d+)?"),
}
_PLAIN = {",": re.compile(r"[+-]?\d+(,\d+)?"), ".": re.compile(r"[+-]?\d+(\.\d+)?")}
_TWO_GROUPS = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")
_COMMA = re.compile(rf"[+-]?(\d+|\d{{1,3}}({_DOTTED}\d{{3}})+),\d+")
_GROUP_OR_DECIMALS = re.compile(rf"[+-]?{_FIRST}\.\d{{3}}")
_NO_THOUSAND = re.compile(r".*,(?!\d{3}$)\d+")
_POINT = re.compile(r"[+-]?\d+\.(?!\d{3}$)\d+")  # three digits could as well be a group of thousands
_ADDRESS = re.compile(r"([12]?\d{1,2}\.){3}[12]?\d{1,2}")  # of a computer
_VALUE = re.compile(rf"\W*\d[\d.,:/'\u2019{_BLANK}-]*\W*")


def is_value(cell: str) -> bool:
    """Tell whether a cell is a number, an amount or a date in figures."""
    return _VALUE.fullmatch(cell) is not None


def is_decimal_comma(cell: str) -> bool | None:
    """Tell whether a number has a decimal comma; None when it has no decimals."""
    if _COMMA.fullmatch(cell.strip()):
        return True
    return False if _POINT.fullmatch(cell.strip()) else None


def is_group_or_decimals(cell: str) -> bool:
    """Tell whether a number could be a thousand and more, or have three decimals: `1.234`."""
    return _GROUP_OR_DECIMALS.fullmatch(cell) is not None


def have_decimal_commas(cells: Sequence[str]) -> bool:
    """Tell whether numbers among `cells` must have decimal commas: `1,5`, and nowhere `1.5`.

    `1,234` could as well be an English thousand.
    """
    found = {is_decimal_comma(cell) for cell in cells}
    return found >= {True} and False not in found and any(map(_NO_THOUSAND.fullmatch, cells))


def decimal_of_groups(cells: Sequence[str], *, commas: bool) -> str:
    """Return the decimal mark of a column of numbers with thousands separators; "" for any other column.

    `commas` tells that the table has decimal commas elsewhere. Without that, a dot
    separates thousands only where a number has two of them.
    """
    letters = "".join(cells)
    if letters.isalpha() or (not commas and letters.count(".") <= len(cells) and _MARKS.isdisjoint(letters)):
        return ""  # a quick word on most columns
    if all(map(_ADDRESS.fullmatch, cells)):
        return ""
    for mark in (",",) if commas else (".", ","):
        if mark == "," and not commas and not any(map(_TWO_GROUPS.fullmatch, cells)):
            continue
        if any(map(_GROUPED[mark].fullmatch, cells)) and all(is_number(cell, mark) for cell in cells):
            return mark
    return ""


def is_number(cell: str, mark: str) -> bool:
    """Tell whether a cell is a number with this decimal mark, in groups or not."""
    return bool(_PLAIN[mark].fullmatch(cell) or _GROUPED[mark].fullmatch(cell))


def without_groups(cells: Any, mark: str) -> Any | None:
    """Return a Series of text such as `1.234,56` as numbers; None where some are no numbers."""
    cells = cells.str.strip()
    pattern = f"(?:{_PLAIN[mark].pattern})|(?:{_GROUPED[mark].pattern})"
    if not cells.dropna().str.fullmatch(pattern).all():
        return None
    separators = _DOTTED if mark == "," else _MARKED
    return pd.to_numeric(cells.str.replace(separators, "", regex=True).str.replace(mark, "."))
