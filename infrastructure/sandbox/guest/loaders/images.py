"""Pictures."""

import warnings

from PIL import Image

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_image(source: Source, options: Options) -> Image.Image:
    """Return the decoded picture; one with far too many pixels is refused before it is decoded."""
    refuse(options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(source.open())
        picture.load()
    return picture
