"""Pictures."""

import warnings
from typing import Any

from PIL import Image

from loaders.errors import LoadFileError, refuse
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source

_GEO_KEYS = 34735  # the tag that a TIFF with coordinates has: OGC 19-008r4


def load_image(source: Source, options: Options) -> Image.Image:
    """Return the decoded picture; one with far too many pixels is refused before it is decoded."""
    refuse(options)
    stream = source.open()  # which the picture needs for its other frames
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            picture = Image.open(stream)
            picture.load()
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            stream.close()
            raise _too_large(source) from None
    return picture


def _too_large(source: Source) -> LoadFileError:
    return LoadFileError(
        f"{source.filename!r} has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels, which are not decoded "
        "unasked: it may be a decompression bomb. If it is not: PIL.Image.MAX_IMAGE_PIXELS = None, then "
        "PIL.Image.open(open_file(…)), where .draft() or .reduce() takes less memory."
    )


def load_tiff(source: Source, options: Options) -> Any:
    """Return a TIFF: one with coordinates as a raster, every other one as a picture."""
    if not _has_coordinates(source):
        return load_image(source, options)
    import host_packages  # noqa: PLC0415 - most pictures have no coordinates

    try:
        host_packages.require(["rasterio"])
    except ModuleNotFoundError as error:
        note(f"this TIFF has coordinates, but is loaded as a picture. {error}")
        return load_image(source, options)
    from loaders.rasters import load_raster  # noqa: PLC0415 - it comes as a package

    return load_raster(source, options)


def load_heif(source: Source, options: Options) -> Image.Image:
    """Return a picture of the kind that telephones take."""
    refuse(options)
    import pillow_heif  # noqa: PLC0415 - it comes as a package

    file = pillow_heif.open_heif(source.open(), convert_hdr_to_8bit=True)
    width, height = file.size
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        raise _too_large(source)
    return file.to_pillow()


def _has_coordinates(source: Source) -> bool:
    with source.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _GEO_KEYS in getattr(Image.open(stream), "tag_v2", {})
        except (OSError, SyntaxError):
            return False
