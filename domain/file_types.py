"""What a file is: decided by its content, and among equals by its name.

`FileType.loader` is a key of the guest's registry of loaders. A compressed file
keeps the loader of what is inside, with the wrapper behind a plus sign
(`csv+gzip`), as media types do it (RFC 6839).
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from domain.file_type_table import BINARY, COMPRESSED, CSV, FILE_TYPES, TEXT, WRAPPERS, Family, FileType

__all__ = ["BY_EXTENSION", "FILE_TYPES", "HEAD_BYTES", "Family", "FileType", "identify", "looks_like_text"]

HEAD_BYTES = 4096
"""Bytes from the start of a file that `identify` looks at; more are ignored."""

MAX_CONTROL_SHARE = 0.02
"""Control characters that UTF-8 text may hold: logs carry a few."""

_FREE_TEXT = frozenset({Family.TEXT, Family.CODE, Family.CONFIG})
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r\f\b\x1b")


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
    wrapper = next((each for each in WRAPPERS if re.match(each.signature, head)), None)
    if wrapper is None:
        return _decide(claimed, head)
    inner = next(iter(claimed), COMPRESSED)
    return replace(inner, label=f"{inner.label} ({wrapper.name})", loader=f"{inner.loader}+{wrapper.name}")


def looks_like_text(head: bytes) -> bool:
    """Tell whether `head`, perhaps cut within a character, is text in a usual encoding.

    UTF-16 needs its byte order mark. Text in an 8-bit or an Asian encoding is told
    from binary data by having no control characters at all.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    controls = sum(byte in _CONTROLS for byte in head)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return controls == 0
    return controls <= MAX_CONTROL_SHARE * len(head)


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
    recognised = [row for row in FILE_TYPES if row.recognises(head)]
    if recognised:
        return next((row for row in claimed if _agrees(row, recognised)), recognised[0])
    text = looks_like_text(head)
    fitting = (row for row in claimed if (text if row.is_text else row.may_be_unsigned))
    return next(fitting, _unclaimed(claimed, text=text))


def _agrees(claimed: FileType, recognised: list[FileType]) -> bool:
    """Tell whether a claim holds beside what the content was recognised as."""
    if claimed.family in _FREE_TEXT and recognised[0].is_text:
        return True
    # A wider type confirms a claim only while nothing narrower speaks against it.
    return claimed in recognised or claimed.container == recognised[0].label


def _unclaimed(claimed: tuple[FileType, ...], *, text: bool) -> FileType:
    if not text:
        return BINARY
    # Web sites hand out delimited text under the names of spreadsheets.
    return CSV if any(row.family is Family.SPREADSHEET for row in claimed) else TEXT
