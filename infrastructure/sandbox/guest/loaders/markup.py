"""XML, with entities and external references refused, and HTML."""

import io
from typing import Any
from xml.etree.ElementTree import Element

import pandas as pd
from defusedxml import DefusedXmlException, ElementTree

from loaders.errors import LoadFileError, refuse
from loaders.numerals import decimal_of_groups, have_decimal_commas, without_groups
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import Tables, chosen


def load_xml(source: Source, options: Options) -> Any:
    """Return a DataFrame when the root holds records of one kind, else the root element."""
    content = source.read()
    try:
        root = ElementTree.fromstring(content)  # refuses what could expand or reach out, for pandas as well
    except DefusedXmlException:
        msg = f"{source.filename!r} declares entities, which are refused. as_='text' gives it as it is."
        raise LoadFileError(msg) from None
    if options or _holds_records(root):
        return pd.read_xml(io.BytesIO(content), **options)
    return root


def load_html(source: Source, options: Options) -> pd.DataFrame | Tables | str:
    """Return the tables of a page, named by their captions or places; the words of one without tables."""
    from bs4 import BeautifulSoup  # noqa: PLC0415 - dear to import, and rarely needed

    content = source.read()
    page = BeautifulSoup(content, "lxml", from_encoding=_utf8_if_fits(content))
    found = {_name(table, place): _html_table(table) for place, table in enumerate(page.find_all("table"))}
    tables = {name: df for name, df in found.items() if df is not None}
    if not tables:
        for part in page(["script", "style", "template"]):
            part.decompose()
        refuse(options)
        return page.get_text("\n", strip=True)
    return chosen(tables, options, "table", "tables")


def _utf8_if_fits(content: bytes) -> str | None:
    try:
        content.decode()
    except UnicodeDecodeError:
        return None  # the page says, or is looked at
    return "utf-8"


def _name(table: Any, place: int) -> str:
    caption = table.find("caption")
    return caption.get_text(" ", strip=True) if caption else str(table.get("id") or f"table {place + 1}")


def _html_table(table: Any) -> pd.DataFrame | None:
    if table.find("table"):
        return None  # one that only arranges others on the page
    commas = have_decimal_commas([cell.get_text(strip=True) for cell in table.find_all("td")])
    how: dict[str, Any] = {"decimal": ",", "thousands": None} if commas else {}
    try:
        df = pd.read_html(io.StringIO(str(table)), flavor="lxml", **how)[0]
    except (ValueError, IndexError):
        return None
    for place in range(df.shape[1]) if commas else ():
        column = df.iloc[:, place]
        if column.dtype == "str" and decimal_of_groups(list(column.dropna()), commas=True):
            df.isetitem(place, without_groups(column, ","))
    return df


def _holds_records(root: Element) -> bool:
    return len(root) > 1 and len({child.tag for child in root}) == 1 and all(map(_is_record, root))


def _is_record(element: Element) -> bool:
    """Tell whether an element is a flat row: no field twice, no field with parts or attributes."""
    fields = [child.tag for child in element]
    repeated = len(set(fields)) < len(fields)
    nested = any(len(child) or child.attrib for child in element)
    return bool(fields or element.attrib) and not repeated and not nested
