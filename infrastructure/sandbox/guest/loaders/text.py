"""Everything that is read as it stands."""

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source


def load_text(source: Source, options: Options) -> str:
    """Return the text; `encoding` overrides the one that fits."""
    encoding = options.pop("encoding", None)
    refuse(options)
    return source.text(encoding)


def load_bytes(source: Source, options: Options) -> bytes:
    """Return the content."""
    refuse(options)
    return source.read()


def load_text_or_bytes(source: Source, options: Options) -> str | bytes:
    """Return UTF-8 as text, all else as bytes."""
    if options:
        return load_text(source, options)
    content = source.read()
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
