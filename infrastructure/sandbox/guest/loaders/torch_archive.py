"""Weights that torch saved, without torch, which is too large to come on demand, and without running code.

Format: a ZIP archive with a pickle that names storages, and a file for each of those;
`torch/csrc/jit/serialization` and `torch.serialization` describe it. The pickle may name what is listed
here, and nothing else.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from loaders.errors import LoadFileError, refuse
from loaders.registry import Options
from loaders.source import Source

_BRAIN_FLOAT = "BFloat16Storage"
_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    _BRAIN_FLOAT: "<u2",  # the upper half of a float of 32 bits
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "ComplexFloatStorage": "<c8",
    "ComplexDoubleStorage": "<c16",
}


def load_torch(source: Source, options: Options) -> Any:
    """Return what torch saved, with NumPy arrays for its tensors."""
    refuse(options)
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        name = next((each for each in archive.namelist() if each.endswith("/data.pkl")), None)
        if name is None:
            msg = f"{source.filename!r} is no archive of torch: there is no data.pkl in it."
            raise LoadFileError(msg)
        return _Weights(archive, name).load()


class _Weights(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        super().__init__(io.BytesIO(archive.read(name)))
        self._archive, self._folder = archive, name.removesuffix("data.pkl")

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _STORAGES:
            return name
        try:
            return _KNOWN[module, name]
        except KeyError:
            msg = (
                f"It holds a {module}.{name}: a whole model, or more than weights. Save model.state_dict() "
                "instead, or as safetensors. as_='path' gives a copy for torch.load(), where there is torch."
            )
            raise LoadFileError(msg) from None

    def persistent_load(self, pid: Any) -> np.ndarray:
        _, storage, key, *_ = pid
        values = np.frombuffer(self._archive.read(f"{self._folder}data/{key}"), _STORAGES[storage])
        return (values.astype("<u4") << 16).view("<f4") if storage == _BRAIN_FLOAT else values


def _tensor(storage: np.ndarray, offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any) -> Any:
    last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    if min(offset, *strides, *shape, 0) < 0 or (0 not in shape and last >= len(storage)):
        msg = "A tensor lies outside of what was saved: the file is damaged."
        raise LoadFileError(msg)
    if 0 in shape:
        return np.empty(shape, storage.dtype)
    steps = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()


def _same(tensor: np.ndarray, *_: Any) -> np.ndarray:
    return tensor


_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "Size"): tuple,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _same,
}
