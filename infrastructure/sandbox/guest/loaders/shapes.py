"""Shapes in space, by libraries that come as packages."""

import io
from typing import Any

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_mesh(source: Source, options: Options) -> Any:
    """Return points, cells and their data."""
    import meshio  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.temporary_copy() as path:
        return meshio.read(path)


def load_shape(source: Source, options: Options) -> Any:
    """Return the mesh, or the scene of several; what it names outside of the file is not followed."""
    import trimesh  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return trimesh.load(io.BytesIO(source.read()), file_type=source.extension.removeprefix("."))
