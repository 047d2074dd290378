"""The one encoding of everything that is stored, hashed or signed.

JSON with sorted keys, no insignificant space, UTF-8. Equal values give equal
bytes, so digests over them can be compared.
"""

from typing import Any

import orjson


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a JSON-like value.

    Raises:
        TypeError: `value` holds something that JSON has no word for.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decode(data: bytes) -> Any:
    """Return the value that `data` encodes.

    Raises:
        ValueError: `data` is no JSON.
    """
    return orjson.loads(data)
