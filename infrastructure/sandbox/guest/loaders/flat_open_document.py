"""OpenDocument spreadsheets in one XML file.

Format: OASIS OpenDocument 1.3, part 3, sections 9 (tables) and 19.385 (value types).
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from defusedxml import ElementTree

from loaders.registry import Options
from loaders.sheets import to_frame
from loaders.source import Source
from loaders.tables import Tables, chosen

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MOST_REPEATED = 2**14


def load_fods(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the only sheet with data, or a mapping of several."""
    root = ElementTree.fromstring(source.read())
    sheets = {str(table.get(f"{_TABLE}name")): _frame(table) for table in root.iter(f"{_TABLE}table")}
    return chosen(sheets, options, "sheet_name", "sheets")


def _frame(table: Any) -> pd.DataFrame:
    rows: list[list[Any]] = []
    for row in table.iter(f"{_TABLE}table-row"):
        cells = list(_cells(row))
        while cells and cells[-1] == "":
            cells.pop()
        rows += [cells] * (_times(row, "number-rows-repeated") if cells else 1)
    return to_frame(rows)


def _cells(row: Any) -> Iterator[Any]:
    for cell in row:
        if cell.tag in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            yield from [_value(cell)] * _times(cell, "number-columns-repeated")


def _value(cell: Any) -> Any:
    kind = cell.get(f"{_OFFICE}value-type")
    if kind in {"float", "currency", "percentage"}:
        return float(cell.get(f"{_OFFICE}value"))
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    if kind == "date":
        return pd.Timestamp(cell.get(f"{_OFFICE}date-value")).tz_localize(None).to_pydatetime()
    return "\n".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p"))


def _times(element: Any, attribute: str) -> int:
    return min(int(element.get(f"{_TABLE}{attribute}", "1")), _MOST_REPEATED)
