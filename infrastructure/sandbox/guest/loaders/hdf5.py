"""HDF5: tables that pandas wrote, and trees of anything else."""

from typing import Any

import h5py
import pandas as pd

from loaders.errors import LoadFileError
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import one_or_all


def load_hdf5(source: Source, options: Options) -> Any:
    """Return what pandas stored; of other files the open, read-only `h5py.File`.

    `key` chooses one table, or reads one data set of the tree into an array.
    """
    # By path HDF5 would follow a link to its end, and the run does not see where a descriptor leads.
    file = h5py.File(source.open(), "r")
    if _is_pandas_store(file):
        file.close()
        with source.temporary_copy(".h5") as path:
            return _read_store(path, options)
    key = options.pop("key", None)
    return file if key is None else _read_dataset(file, key)


def _is_pandas_store(file: h5py.File) -> bool:
    return file.visititems(lambda _, node: True if "pandas_type" in node.attrs else None) is not None


def _read_store(path: str, options: Options) -> Any:
    with pd.HDFStore(path, mode="r") as store:
        key = options.pop("key", None)
        if key is not None:
            return store.select(key, **options)
        names = store.keys()
        found = {name.lstrip("/"): store.select(name, **options) for name in names}
    frames = {name: item.to_frame() if isinstance(item, pd.Series) else item for name, item in found.items()}
    return one_or_all(frames, "key", "tables")


def _read_dataset(file: h5py.File, key: str) -> Any:
    names: list[str] = []
    file.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
    if key.strip("/") not in names:
        msg = f"There is no data set {key!r}; key is one of {', '.join(map(repr, names))}."
        raise LoadFileError(msg)
    return file[key][()]
