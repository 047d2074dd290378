"""Bytes to text: byte order mark, UTF-8, then the Windows and ISO Latin encodings."""

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark starts like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACKS = ("utf-8", "cp1252", "latin-1")


def encodings_to_try(head: bytes) -> tuple[str, ...]:
    """Return the encodings that text starting with `head` may have, the likeliest first.

    The last one decodes anything, unless a byte order mark settles it.
    """
    marked = (encoding for mark, encoding in _MARKS if head.startswith(mark))
    found = next(marked, None)
    return (found,) if found else FALLBACKS


def decode(content: bytes) -> str:
    """Return `content` as text.

    Raises:
        UnicodeDecodeError: a byte order mark promises an encoding that does not hold.
    """
    *earlier, last = encodings_to_try(content[:4])
    for encoding in earlier:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode(last)
