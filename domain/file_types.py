"""What a file is: decided by its content, and among equals by its name.

`FileType.loader` is a key of the guest's registry of loaders. A compressed file
keeps the loader of what is inside, with the wrapper behind a plus sign
(`csv+gzip`), as media types do it (RFC 6839).
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from domain.file_type_table import (
    BINARY,
    COMPRESSED,
    CSV,
    FILE_TYPES,
    LOADERS,
    TEXT,
    WRAPPERS,
    Family,
    FileType,
    Loader,
    Wrapper,
)

__all__ = [
    "BY_EXTENSION",
    "FILE_TYPES",
    "HEAD_BYTES",
    "Family",
    "FileType",
    "identify",
    "loader_of",
    "looks_delimited",
    "looks_like_text",
]

HEAD_BYTES = 4096
"""Bytes from the start of a file that `identify` looks at; more are ignored."""

MAX_CONTROL_SHARE = 0.02
"""Control characters that UTF-8 text may hold: logs carry a few."""

_FEWEST_ROWS = 3
"""Lines that a table without a name must have to be told from prose."""

_LOOKED_AT_ROWS = 50

_FREE_TEXT = frozenset({Family.TEXT, Family.CODE, Family.CONFIG})
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\f\b\x1b"))


def _by_extension() -> Mapping[str, tuple[FileType, ...]]:
    extensions = sorted(set(chain.from_iterable(row.extensions for row in FILE_TYPES)))
    return MappingProxyType(
        {each: tuple(row for row in FILE_TYPES if each in row.extensions) for each in extensions}
    )


BY_EXTENSION = _by_extension()
"""The types that may carry an extension (lower case, with its dot)."""


def identify(filename: str, head: bytes) -> FileType:
    """Return what a file is; `head` is its first `HEAD_BYTES`, or all of a shorter one.

    Unknown content is text when it reads as text, else binary. An empty file is
    what its name says.
    """
    head = head[:HEAD_BYTES]
    claimed = _claimed(_unwrapped_name(filename.lower()))
    wrapper = _wrapper(filename.lower(), head)
    if wrapper is None:
        return _decide(claimed, head)
    inner = next(iter(claimed), COMPRESSED)
    return replace(inner, label=f"{inner.label} ({wrapper.name})", loader=f"{inner.loader}+{wrapper.name}")


def loader_of(kind: FileType) -> Loader:
    """Return how a file of this type is loaded, whatever is wrapped around it."""
    return LOADERS[kind.loader.partition("+")[0]]


def looks_like_text(head: bytes) -> bool:
    """Tell whether `head`, perhaps cut within a character, is text in a usual encoding.

    UTF-16 without its byte order mark is told where half of it is Western European.
    Text in an 8-bit or an Asian encoding is told from binary data by having no control
    characters at all.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_unmarked_utf16(head):
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return controls == 0
    return controls <= MAX_CONTROL_SHARE * len(head)


def _is_unmarked_utf16(head: bytes) -> bool:
    """Tell whether every other byte is mostly zero, and the bytes between are neither that nor controls."""
    one, other = sorted((head[::2], head[1::2]), key=lambda half: half.count(0))
    return 2 * other.count(0) > len(other) and one.translate(None, _CONTROLS) == one


def looks_delimited(head: bytes) -> bool:
    """Tell whether text is rows of fields: each line has the same number of the same delimiter.

    A comma or semicolon with a blank or nothing behind it is one of prose.
    """
    lines = [line.rstrip(b"\r") for line in head.split(b"\n") if line.strip()]
    if len(head) == HEAD_BYTES:
        lines = lines[:-1]
    lines = [re.sub(rb'"[^"]*"', b"", line) for line in lines[:_LOOKED_AT_ROWS]]
    return len(lines) >= _FEWEST_ROWS and any(_cuts_alike(lines, each) for each in (b"\t", b";", b",", b"|"))


def _has_header(head: bytes) -> bool:
    """Tell whether the first line is words, as in tables that programs hand out as .txt, and not in logs."""
    return re.search(rb"\d", head.lstrip().partition(b"\n")[0]) is None


def _cuts_alike(lines: Sequence[bytes], delimiter: bytes) -> bool:
    counts = {line.count(delimiter) for line in lines}
    in_prose = delimiter in b",;" and (
        any(delimiter + b" " in line for line in lines) or all(line.endswith(delimiter) for line in lines)
    )
    return len(counts) == 1 and 0 not in counts and not in_prose


def _wrapper(name: str, head: bytes) -> Wrapper | None:
    """Return the compression that content shows, or that a name claims for content without a sign."""
    signed = next((each for each in WRAPPERS if each.signature and re.match(each.signature, head)), None)
    if signed is not None:
        return signed
    unsigned = (each for each in WRAPPERS if not each.signature)
    claimed = next((each for each in unsigned if any(name.endswith(own) for own, _ in each.extensions)), None)
    return None if claimed is None or looks_like_text(head) else claimed


def _unwrapped_name(name: str) -> str:
    for own, inner in chain.from_iterable(wrapper.extensions for wrapper in WRAPPERS):
        if name.endswith(own):
            return name.removesuffix(own) + inner
    return name


def _claimed(name: str) -> tuple[FileType, ...]:
    """Return the types that a lower-case name claims; the longest known extension speaks."""
    extensions = (name[at:] for at in range(1, len(name)) if name[at] == ".")
    return next((BY_EXTENSION[each] for each in extensions if each in BY_EXTENSION), ())


def _decide(claimed: tuple[FileType, ...], head: bytes) -> FileType:
    if not head:
        return next(iter(claimed), TEXT)
    recognised = [row for row in FILE_TYPES if row.recognises(head) and _may_speak(row, claimed)]
    if recognised:
        return next((row for row in claimed if _agrees(row, recognised)), recognised[0])
    text = looks_like_text(head)
    fitting = (row for row in claimed if row.may_be_unsigned(text=text))
    # What would show its signature comes after what has none to show.
    ordered = sorted(fitting, key=lambda row: bool(row.signature))
    if ordered[:1] == [TEXT]:
        return CSV if _has_header(head) and looks_delimited(head) else TEXT
    return ordered[0] if ordered else _unclaimed(claimed, head, text=text)


def _agrees(claimed: FileType, recognised: list[FileType]) -> bool:
    """Tell whether a claim holds beside what the content was recognised as."""
    if claimed.family in _FREE_TEXT and recognised[0].is_text:
        return True
    # A wider type confirms a claim only while nothing narrower speaks against it.
    return claimed in recognised or claimed.container == recognised[0].label


def _may_speak(row: FileType, claimed: tuple[FileType, ...]) -> bool:
    """Tell whether a signature counts: that of source code only among languages with the same extension."""
    return row.family is not Family.CODE or row in claimed


def _unclaimed(claimed: tuple[FileType, ...], head: bytes, *, text: bool) -> FileType:
    if not text:
        return BINARY
    # Web sites hand out delimited text under the names of spreadsheets.
    is_table = any(row.family is Family.SPREADSHEET for row in claimed) or looks_delimited(head)
    return CSV if is_table else TEXT
