"""NumPy's own files; never with pickled objects inside."""

from typing import Any

import numpy as np

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_npy(source: Source, options: Options) -> Any:
    """Return the array, or a map of the file with `mmap_mode`."""
    mmap_mode = options.pop("mmap_mode", None)
    refuse(options)
    if mmap_mode is not None:
        with source.path(".npy") as path:
            return np.load(path, allow_pickle=False, mmap_mode=mmap_mode)
    with source.open() as stream:
        return np.load(stream, allow_pickle=False)


def load_npz(source: Source, options: Options) -> dict[str, Any]:
    """Return the arrays by name."""
    refuse(options)
    with source.open() as stream, np.load(stream, allow_pickle=False) as archive:
        return dict(archive)
