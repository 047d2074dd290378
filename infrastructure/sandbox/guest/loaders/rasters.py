"""Grids and clouds of points on the earth."""

from typing import Any, NamedTuple

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


class Raster(NamedTuple):
    """An array of bands x rows x columns, masked where there is no data, and what the file says of it."""

    bands: Any
    profile: dict[str, Any]


def load_raster(source: Source, options: Options) -> Raster:
    """Return the bands, and `crs`, `transform` and the rest of rasterio's profile."""
    refuse(options)
    import rasterio  # noqa: PLC0415 - it comes as a package

    # By name GDAL would take what lies elsewhere for a part of it: the copy stands alone.
    with source.temporary_copy() as path, rasterio.open(path) as file:
        return Raster(file.read(masked=True), dict(file.profile))


def load_las(source: Source, options: Options) -> Any:
    """Return the points of a LAS or LAZ file."""
    refuse(options)
    import laspy  # noqa: PLC0415 - it comes as a package

    with source.open() as stream:
        return laspy.read(stream, closefd=False)
