"""Pickles and joblib dumps. Loading one runs code of its maker: inside the sandbox only."""

import io
from typing import Any

import joblib
import pandas as pd

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source

_COMPRESSED_STARTS = (b"x", b"\x1f\x8b", b"BZ", b"]\x00", b"\xfd7zXZ", b"\x04\x22M\x18")
"""How zlib, gzip, bzip2, LZMA, xz and LZ4 begin: the compressions that joblib uses."""


def load_pickle(source: Source, options: Options) -> Any:
    """Return the object; joblib's arrays and compressions are told by content."""
    refuse(options)
    content = source.read()
    if content.startswith(_COMPRESSED_STARTS) or b"joblib.numpy_pickle" in content:
        return joblib.load(io.BytesIO(content))
    # pandas also finds its classes under their old names.
    return pd.read_pickle(io.BytesIO(content), compression=None)  # noqa: S301 - inside the sandbox
