"""Bytes to text: byte order mark, UTF-8, then what the bytes look like."""

import codecs
import re
from collections.abc import Sequence
from itertools import pairwise

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark starts like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACKS = ("utf-8", "cp1252", "latin-1")

DAMAGED = "utf-8 with errors"
"""Stands for UTF-8 in which some bytes are wrong: they become U+FFFD, and all else is right."""

_LOOKED_AT_BYTES = 64 * 1024
_HIGH = range(0x80, 0x100)
_NEIGHBOURS = 0.5
"""Share of bytes above 127 with one of their kind beside them, above which text is not Western European."""

_UNKNOWN_TO_WINDOWS = frozenset(b"\x81\x8d\x8f\x90\x9d")
_TINY = 2

_START_BYTES = 4096
_FEWEST_WIDE_BYTES = 8
_POLISH = rb"(?<=[A-Za-z\xf3])[\xb3\xb9\xbf](?=[A-Za-z])"
"""Polish letters between others; in Western Europe the same bytes are superscripts and an opening mark."""
_FEW = 2

_OTHERS = (
    *("gb18030", "big5", "cp932", "euc_jp", "euc_kr"),
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"),
)


def encodings_to_try(head: bytes) -> tuple[str, ...]:
    """Return the encodings that text starting with `head` may have, the likeliest first.

    The last one decodes anything, unless a byte order mark settles it.
    """
    marked = (encoding for mark, encoding in _MARKS if head.startswith(mark))
    found = next(marked, None) or _unmarked_utf16(head)
    if found:
        return (found,)
    return ("utf-8", DAMAGED) if _is_mostly_utf8(head) else ("utf-8", *guesses(head), *FALLBACKS[1:])


def codec(encoding: str) -> tuple[str, str]:
    """Return the codec of an encoding to try, and what it does with wrong bytes."""
    return ("utf-8", "replace") if encoding == DAMAGED else (encoding, "strict")


def start_of(head: bytes, encodings: Sequence[str]) -> str:
    """Return the start of a text in the first encoding that fits; its last character may be cut."""
    *earlier, last = encodings
    for encoding in earlier:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
    return codecs.getincrementaldecoder(codec(last)[0])("replace").decode(head)


def guesses(content: bytes) -> tuple[str, ...]:
    """Return the encoding that content which is not UTF-8 has by its look; none for Western European.

    There, letters above 127 stand alone among others; in Cyrillic, Greek or Asian
    encodings they stand side by side. Only then a detector is asked.
    """
    sample = _around_high_bytes(content)
    if _is_polish(sample):
        return ("cp1250",)
    if _is_utf8(sample) or not (_has_neighbours(sample) or _is_no_windows(sample)):
        return ()
    from charset_normalizer import from_bytes  # noqa: PLC0415 - dear to import, and rarely needed

    best = from_bytes(sample, cp_isolation=list(_OTHERS), enable_fallback=False).best()
    return (str(best.encoding),) if best is not None else ()


def decode(content: bytes) -> str:
    """Return `content` as text.

    Raises:
        UnicodeDecodeError: a byte order mark promises an encoding that does not hold.
    """
    first, *others = encodings_to_try(content[:_START_BYTES])
    try:
        return content.decode(first)
    except UnicodeDecodeError:
        if not others:
            raise
    if _is_mostly_utf8(content):
        return content.decode(errors="replace")
    for encoding in (*guesses(content), *others[:-1]):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode(others[-1])


def _around_high_bytes(content: bytes) -> bytes:
    """Return whole lines from the first one with a byte above 127 on."""
    found = re.search(rb"[\x80-\xff]", content)
    if found is None:
        return b""
    start = content.rfind(b"\n", 0, found.start()) + 1
    sample = content[start : start + _LOOKED_AT_BYTES]
    end = sample.rfind(b"\n") + 1
    return sample[:end] if end and len(sample) == _LOOKED_AT_BYTES else sample


def _unmarked_utf16(head: bytes) -> str | None:
    """Return the byte order of UTF-16 whose every other byte only is mostly zero, None of anything else."""
    orders = {"utf-16-be": (head[::2], head[1::2]), "utf-16-le": (head[1::2], head[::2])}
    for name, (zeros, rest) in orders.items():
        if len(head) >= _FEWEST_WIDE_BYTES and 2 * zeros.count(0) > len(zeros) and 0 not in rest:
            return name
    return None


def _is_polish(sample: bytes) -> bool:
    """Tell whether signs stand within words as Western European that are Polish letters in cp1250."""
    return len(re.findall(_POLISH, sample)) >= _FEW


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(content: bytes) -> bool:
    """Tell whether more letters above 127 are right in UTF-8 than wrong: only UTF-8 looks like that."""
    text = content.decode(errors="replace")
    wrong = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - wrong > wrong


def _is_no_windows(sample: bytes) -> bool:
    """Tell whether text has bytes that Windows' Western European encoding does not know, and is not tiny."""
    return not _UNKNOWN_TO_WINDOWS.isdisjoint(sample) and sum(map(_HIGH.__contains__, sample)) > _TINY


def _has_neighbours(sample: bytes) -> bool:
    high = sum(map(_HIGH.__contains__, sample))
    side_by_side = sum(one in _HIGH and other in _HIGH for one, other in pairwise(sample))
    return side_by_side > _NEIGHBOURS * high
