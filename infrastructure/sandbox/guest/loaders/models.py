"""Models of machine learning. Loading some runs code of their makers: inside the sandbox only."""

from typing import Any

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_onnx(source: Source, options: Options) -> Any:
    """Return the model, without what it has outside of the file."""
    import onnx  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return onnx.load_model_from_string(source.read())  # which cannot look beside it for more


def load_gguf(source: Source, options: Options) -> Any:
    """Return a reader of the tensors and their descriptions."""
    import gguf  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return gguf.GGUFReader(source.copy(".gguf"))


def load_skops(source: Source, options: Options) -> Any:
    """Return the model; its types are trusted, since it is loaded inside the sandbox."""
    import skops.io  # noqa: PLC0415 - it comes as a package

    refuse(options)
    content = source.read()
    return skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))
