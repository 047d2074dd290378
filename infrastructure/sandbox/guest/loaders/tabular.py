"""Delimited text."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pandas as pd
from pandas.errors import EmptyDataError, ParserError

from loaders.decoding import encodings_to_try
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source

SNIFFED_BYTES = 32 * 1024
_SNIFFED_ROWS = 200
DELIMITERS = ",;\t|"
_UNUSUAL = "~^"
_LOOKED_AT_LINES = 30
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d+)?")
_OWN_LAYOUT = frozenset({"names", "header", "index_col", "skiprows", "on_bad_lines", "engine"})


def load_csv(source: Source, options: Options) -> pd.DataFrame:
    """Read delimited text; encoding, separator and decimal comma are found out unless given."""
    if "columns" in options:
        options["usecols"] = options.pop("columns")
    head = source.head(SNIFFED_BYTES)
    encodings = [options.pop("encoding")] if "encoding" in options else encodings_to_try(head)
    text = whole_lines(head, encodings[0])
    options = dialect(text, source.extension) | options
    read = _read_ragged if _is_ragged(text, options) else _read
    df = _in_first_fitting(encodings, lambda encoding: read(source, options | {"encoding": encoding}))
    if not isinstance(df, pd.DataFrame):
        return df  # `chunksize` was asked for: an iterator of tables
    return _with_grouped_numbers(df) if options.get("decimal") == "," else df


def whole_lines(head: bytes, encoding: str) -> str:
    """Return the text of the start of a file, without a last line that may be cut."""
    text = head.decode(encoding, errors="replace")
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:end] if len(head) >= SNIFFED_BYTES and end else text


def dialect(text: str, extension: str) -> dict[str, str]:
    """Return the options of `pandas.read_csv` that the start of a file asks for."""
    fallback = "\t" if extension in (".tsv", ".tab") else ","
    separator = sniff_delimiter(text) or fallback
    return {"sep": separator} | ({"decimal": ","} if _has_decimal_commas(text, separator) else {})


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
    """Return a delimiter such as `~` that makes a table of text, or None."""
    lines = [line for line in text.splitlines()[:_LOOKED_AT_LINES] if line.strip()]
    if not any(mark in line for line in lines[:1] for mark in _UNUSUAL):
        return None
    import clevercsv  # noqa: PLC0415 - dear to import, and rarely needed

    try:
        found = clevercsv.Sniffer().sniff("\n".join(lines), delimiters=_UNUSUAL)
    except clevercsv.Error:
        return None
    return found.delimiter if found is not None and found.delimiter in _UNUSUAL else None


def rows_of(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows of delimited text that are not blank."""
    yield from (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)


def _has_decimal_commas(text: str, separator: str) -> bool:
    if separator == ",":
        return False
    cells = [cell.strip() for row in rows_of(text, separator) for cell in row]
    return any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any(map(_DECIMAL_POINT.fullmatch, cells))


def _in_first_fitting(encodings: Sequence[str], read: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    *earlier, last = encodings
    for encoding in earlier:
        try:
            df = read(encoding)
        except UnicodeDecodeError:
            continue
        return _noted(df, encoding, encodings)
    return _noted(read(last), last, encodings)


def _noted(df: pd.DataFrame, encoding: str, encodings: Sequence[str]) -> pd.DataFrame:
    if encoding != encodings[0]:
        note(f"not UTF-8, so read as {encoding}. Another encoding: load_file(…, encoding='…').")
    return df


def _is_ragged(text: str, options: Options) -> bool:
    """Tell whether pandas would take the first fields of rows longer than the header for row names.

    One field too many, and that not empty, is how R writes row names: that is left to pandas.
    """
    rows = list(islice(rows_of(text, options["sep"]), 100)) if len(options["sep"]) == 1 else []
    if len(rows) <= 1 or _OWN_LAYOUT & options.keys():
        return False
    header, *rows = rows
    surplus = len(rows[0]) - len(header)
    ends_in_separator = all(row[-1] == "" for row in rows)
    return surplus > 1 or (surplus == 1 and ends_in_separator)


def _read(source: Source, options: Options) -> pd.DataFrame:
    try:
        return _pandas(source, options)
    except EmptyDataError:
        note(f"{source.filename!r} holds no data.")
        return pd.DataFrame()
    except ParserError as error:
        if "Expected" not in str(error) or _OWN_LAYOUT & options.keys():
            raise
        return _read_ragged(source, options)


def _pandas(source: Source, options: Options) -> pd.DataFrame:
    if options.get("chunksize") or options.get("iterator"):
        return pd.read_csv(source.open(), **options)
    with source.open() as stream:
        return pd.read_csv(stream, **options)


def _read_ragged(source: Source, options: Options) -> pd.DataFrame:
    """Read rows that have more fields than the header: the surplus gets columns of its own."""
    encoding, separator = options["encoding"], options["sep"]
    header, *rows = rows_of(source.text(encoding), separator)
    width = max(map(len, rows))
    surplus = [f"extra_{n}" for n in range(1, width - len(header) + 1)]
    even = io.StringIO(newline="")
    padded = ([*row, *[""] * (width - len(row))] for row in rows)
    csv.writer(even, delimiter=separator).writerows([header + surplus, *padded])
    even.seek(0)
    df = pd.read_csv(even, **{name: value for name, value in options.items() if name != "encoding"})
    df = df.drop(columns=[name for name in surplus if name in df and df[name].isna().all()])
    if kept := [name for name in surplus if name in df]:
        note(
            f"{sum(len(row) > len(header) for row in rows):,} of {len(rows):,} rows have more fields than "
            f"the header; those are in {', '.join(map(repr, kept))}. "
            "If the table starts further down, skiprows= leaves lines out."
        )
    return df


def _with_grouped_numbers(df: pd.DataFrame) -> pd.DataFrame:
    """Turn text columns of numbers such as `1.234,56` into numbers.

    pandas' own `thousands="."` would also take `01.02.2024` for a number.
    """
    for name in df.select_dtypes("str").columns:
        cells = df[name].dropna().str.strip()
        if len(cells) and cells.str.fullmatch(_GROUPED).all() and cells.str.contains(",").any():
            plain = df[name].str.replace(".", "").str.replace(",", ".")
            df[name] = pd.to_numeric(plain)
    return df
