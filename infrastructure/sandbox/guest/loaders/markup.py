"""XML, with entities and external references refused."""

import io
from typing import Any
from xml.etree.ElementTree import Element

import pandas as pd
from defusedxml import DefusedXmlException, ElementTree

from loaders.errors import LoadFileError
from loaders.registry import Options
from loaders.source import Source


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


def _holds_records(root: Element) -> bool:
    return len(root) > 1 and len({child.tag for child in root}) == 1 and all(map(_is_record, root))


def _is_record(element: Element) -> bool:
    """Tell whether an element is a flat row: no field twice, no field with parts or attributes."""
    fields = [child.tag for child in element]
    repeated = len(set(fields)) < len(fields)
    nested = any(len(child) or child.attrib for child in element)
    return bool(fields or element.attrib) and not repeated and not nested
