"""MATLAB workspaces: versions 4 to 7 by SciPy, version 7.3 as the HDF5 that it is.

The layout of 7.3 is not published; what is read here is what its files carry:
`MATLAB_class` and its like as attributes, structs as groups, cells as references.
"""

from typing import Any

import h5py
import numpy as np
from scipy.io import loadmat

from loaders.registry import Options
from loaders.source import Source

_USER_BLOCK_BYTES = 512
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def load_mat(source: Source, options: Options) -> dict[str, Any]:
    """Return the variables by name: arrays squeezed, structs as dicts, cells as lists."""
    if source.head(_USER_BLOCK_BYTES + len(_HDF5_SIGNATURE)).endswith(_HDF5_SIGNATURE):
        wanted = options.pop("variable_names", None)
        with source.open() as stream, h5py.File(stream, "r") as file:
            found = _group(file)
        return found if wanted is None else {name: found[name] for name in wanted}
    with source.open() as stream:
        variables = loadmat(stream, simplify_cells=True, **options)
    return {name: value for name, value in variables.items() if not name.startswith("__")}


def _group(group: h5py.Group) -> dict[str, Any]:
    return {name: _value(node) for name, node in group.items() if not name.startswith("#")}


def _value(node: h5py.Group | h5py.Dataset) -> Any:
    matlab_class = node.attrs.get("MATLAB_class", b"")
    if isinstance(node, h5py.Group):
        return _sparse(node) if "MATLAB_sparse" in node.attrs else _group(node)
    if "MATLAB_empty" in node.attrs:
        return "" if matlab_class == b"char" else np.empty(0)
    if h5py.check_ref_dtype(node.dtype) is not None:
        cells = [_value(node.file[reference]) for reference in node[()].T.ravel()]
        return cells[0] if len(cells) == 1 and matlab_class != b"cell" else cells
    return _array(node, matlab_class)


def _array(node: h5py.Dataset, matlab_class: bytes) -> Any:
    values = node[()].T  # MATLAB stores columns first
    if matlab_class == b"char":
        lines = [row.astype("<u2").tobytes().decode("utf-16-le") for row in np.atleast_2d(values)]
        return lines[0] if len(lines) == 1 else lines
    if values.dtype.names == ("real", "imag"):
        values = values["real"] + 1j * values["imag"]
    values = np.squeeze(values.astype(bool) if matlab_class == b"logical" else values)
    return values.item() if values.ndim == 0 else values


def _sparse(group: h5py.Group) -> Any:
    from scipy.sparse import csc_array  # noqa: PLC0415 - dear to import, and rarely needed

    pointers = group["jc"][()]
    shape = (int(group.attrs["MATLAB_sparse"]), len(pointers) - 1)
    if "data" not in group:
        return csc_array(shape)
    return csc_array((group["data"][()], group["ir"][()], pointers), shape=shape)
