"""What goes wrong when a file is loaded."""

from collections.abc import Mapping


class LoadFileError(ValueError):
    """A file could not be loaded as asked; the message says why and what to try."""


def refuse(options: Mapping[str, object]) -> None:
    """Refuse the options that are left, where a loader knows no more.

    Raises:
        LoadFileError: there are some.
    """
    if options:
        msg = f"This type of file takes no option {', '.join(map(repr, options))}."
        raise LoadFileError(msg)
