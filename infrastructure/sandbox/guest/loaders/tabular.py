"""Delimited text."""

import csv
import io
from collections.abc import Callable, Sequence
from itertools import islice

import pandas as pd
from pandas.errors import EmptyDataError, ParserError

from loaders.decoding import DAMAGED, codec, encodings_to_try, start_of
from loaders.layout import BLANKS, SNIFFED_BYTES, Layout, layout_of, rows_of
from loaders.notes import note
from loaders.numerals import without_groups
from loaders.registry import Options
from loaders.source import Source
from loaders.swallowed import tell_of_swallowed_rows

_OWN_LAYOUT = frozenset({"names", "header", "index_col", "skiprows", "on_bad_lines", "engine"})
_OWN_TYPES = frozenset({"dtype", "thousands", "converters"})
_SERVED_BEFORE = frozenset({"encoding", "encoding_errors", "skiprows", "quoting"})
_TEXT = frozenset({".txt", ".text"})
_SHOWN_CHARACTERS = 60


def load_csv(source: Source, options: Options) -> pd.DataFrame:
    """Read delimited text; its encoding and its layout are found out unless given."""
    renamed = {"columns": "usecols", "delimiter": "sep"}
    options = {renamed.get(name, name): value for name, value in options.items()}
    head = source.head(SNIFFED_BYTES)
    encodings = [options.pop("encoding")] if "encoding" in options else encodings_to_try(head)
    header_is_first = bool(_OWN_LAYOUT & options.keys())
    if options.get("skiprows") == 0:
        del options["skiprows"]  # said only so that no line above the table is left out
    may_pad = not _OWN_LAYOUT & options.keys()
    text = _whole_lines(start_of(head, encodings), is_cut=len(head) >= SNIFFED_BYTES)
    layout = layout_of(text, source.extension, options.get("sep"), header_is_first=header_is_first)
    reader = _Reader(source, layout, layout.options | options, may_pad=may_pad)
    df = _in_first_fitting(encodings, reader.read)
    _tell(layout)
    if layout.has_row_names and not header_is_first:
        note(
            "rows have one field more than the header, so the first one names the row. "
            "If the table starts further down, skiprows= leaves lines out."
        )
    if source.extension in _TEXT:
        note("its lines are rows of fields, so it is read as a table. as_='text' gives the text.")
    if not isinstance(df, pd.DataFrame):
        return df  # `chunksize` was asked for: an iterator of tables
    if "quoting" not in options:
        tell_of_swallowed_rows(source, df, layout.separator)
    if _OWN_TYPES & options.keys():
        return df
    return _with_plain_numbers(df, layout)


def _whole_lines(text: str, *, is_cut: bool) -> str:
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:end] if is_cut and end else text


class _Reader:
    """Reads a file by its layout; `may_pad` rows that are longer than the header."""

    def __init__(self, source: Source, layout: Layout, options: Options, *, may_pad: bool) -> None:
        self._source, self._layout, self._options = source, layout, options
        self._may_pad = may_pad

    def read(self, encoding: str) -> pd.DataFrame:
        name, errors = codec(encoding)
        options = {"encoding_errors": errors} | self._options | {"encoding": name}
        if self._may_pad and self._layout.is_ragged:
            return self._padded(options)
        try:
            return self._by_pandas(options)
        except EmptyDataError:
            note(f"{self._source.filename!r} holds no data.")
            return pd.DataFrame()
        except ParserError as error:
            return self._mended(options, str(error))

    def _mended(self, options: Options, problem: str) -> pd.DataFrame:
        if "EOF inside string" in problem and "quoting" not in options:
            note("a quotation mark is opened and never closed, so all of them are taken for characters.")
            self._options = options | {"quoting": csv.QUOTE_NONE}
            return self.read(options["encoding"])
        if "Expected" not in problem or not self._may_pad:
            raise ParserError(problem)
        return self._padded(options)

    def _by_pandas(self, options: Options) -> pd.DataFrame:
        if options.get("chunksize") or options.get("iterator"):
            return pd.read_csv(self._source.open(), **options)
        path = self._source.reopened
        if path:  # pandas reads a large file on all cores, but only by its path
            return pd.read_csv(path, compression=None, **options)
        with self._source.open() as stream:
            return pd.read_csv(stream, **options)

    def _padded(self, options: Options) -> pd.DataFrame:
        """Read rows that have more fields than the header: the surplus gets columns of its own."""
        separator = options["sep"]
        text = self._source.text(DAMAGED if options["encoding_errors"] == "replace" else options["encoding"])
        rows_from_start = rows_of(text, separator, options.get("quoting", csv.QUOTE_MINIMAL))
        header, *rows = islice(rows_from_start, sum(map(bool, self._layout.rows_above)), None)
        width = max(map(len, rows))
        surplus = [f"extra_{n}" for n in range(1, width - len(header) + 1)]
        even = io.StringIO(newline="")
        padded = ([*row, *[""] * (width - len(row))] for row in rows)
        csv.writer(even, delimiter=separator).writerows([header + surplus, *padded])
        even.seek(0)
        rest = {name: options[name] for name in options.keys() - _SERVED_BEFORE}
        df = pd.read_csv(even, **rest)
        df = df.drop(columns=[name for name in surplus if name in df and df[name].isna().all()])
        if kept := [name for name in surplus if name in df]:
            longer = sum(len(row) > len(header) for row in rows)
            note(
                f"{longer:,} of {len(rows):,} rows have more fields than the header; those are in "
                f"{', '.join(map(repr, kept))}. If the table starts further down, skiprows= leaves lines out."
            )
        return df


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
    if encoding == DAMAGED:
        note("some bytes are not UTF-8, as all others are; they are shown as \ufffd.")
    elif encoding != encodings[0]:
        note(f"not UTF-8, so read as {encoding}. Another encoding: load_file(…, encoding='…').")
    return df


def _tell(layout: Layout) -> None:
    """Tell what a layout leaves out, or takes for granted."""
    if any(map(any, layout.rows_above)):
        shown = " / ".join(layout.separator.join(row).strip(layout.separator) for row in layout.rows_above)
        note(
            f"the table starts in line {len(layout.rows_above) + 1}; above it, and left out: "
            f"{shown[:_SHOWN_CHARACTERS]!r}. skiprows=0 keeps it."
        )
    if layout.header_is_values:
        note("the first line is numbers, and taken for the header. header=None takes it for a row.")
    if layout.ambiguous:
        note(
            f"{', '.join(map(repr, layout.ambiguous))}: 1.234 is read as a number with three decimals. "
            "thousands='.' reads it as 1234."
        )
    if layout.separator == BLANKS:
        note("the fields are cut at blanks. Another separator: load_file(…, sep='…').")


def _with_plain_numbers(df: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Turn columns of text such as `1.234,56` into numbers; tell of that, and of leading zeros.

    pandas' own `thousands="."` would also take `01.02.2024` for a number.
    """
    turned = []
    for name, mark in layout.grouped:
        if name in df and df[name].dtype == "str":
            plain = without_groups(df[name], mark)
            if plain is not None:
                df[name] = plain
                turned.append(name)
    gone = [name for name in layout.leading_zeros if name in df and pd.api.types.is_numeric_dtype(df[name])]
    if gone:
        note(f"{', '.join(map(repr, gone))}: numbers keep no leading zeros. dtype=str keeps the text.")
    if turned:
        note(f"{', '.join(map(repr, turned))}: numbers with thousands separators. dtype=str keeps the text.")
    return df
