"""Arrays; never with pickled objects inside."""

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


def load_netcdf(source: Source, options: Options) -> Any:
    """Return the data set, in memory; of NetCDF 3 and 4."""
    import xarray  # noqa: PLC0415 - dear to import

    engine = "h5netcdf" if source.head(4) == b"\x89HDF" else "scipy"
    with xarray.open_dataset(source.open(), engine=engine, **options) as dataset:
        return dataset.load()


def load_mtx(source: Source, options: Options) -> Any:
    """Return the sparse matrix, or the array, of a Matrix Market file."""
    from scipy.io import mmread  # noqa: PLC0415 - dear to import

    refuse(options)
    with source.open() as stream:
        return mmread(stream)


def load_svmlight(source: Source, options: Options) -> Any:
    """Return the features as a sparse matrix, and the labels."""
    from sklearn.datasets import load_svmlight_file  # noqa: PLC0415 - dear to import

    with source.open() as stream:
        return load_svmlight_file(stream, **options)


def load_safetensors(source: Source, options: Options) -> dict[str, Any]:
    """Return the tensors by name."""
    from safetensors.numpy import load  # noqa: PLC0415 - rarely needed

    refuse(options)
    return dict(load(source.read()))
