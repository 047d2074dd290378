"""Quick analyses: the code that answers a user's first questions without a model.

Each is run and recorded like any other code. Only the file's id is written into
the code, never its name: names are the users' own, and hostile until shown otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.errors import NoSuchFileError, UsageError
from domain.files import is_file_id


@dataclass(frozen=True)
class Analysis:
    """An analysis by the command that starts it; `function` is one of the guest's module `analyses`."""

    name: str
    title: str
    function: str

    def code(self, file_id: str) -> str:
        """Return the code that analyses one file."""
        return (
            f"from analyses import {self.function}\n"
            "from load_file import filename_of, load_file\n"
            "\n"
            f"{self.function}(load_file({file_id!r}), filename_of({file_id!r}))\n"
        )


ANALYSES: Mapping[str, Analysis] = MappingProxyType(
    {
        analysis.name: analysis
        for analysis in (
            Analysis("stats", "Key statistics", "key_statistics"),
            Analysis("head", "First rows", "first_rows"),
            Analysis("plot", "Charts", "charts"),
            Analysis("correlations", "Correlations", "correlations"),
        )
    }
)
"""The analyses by their commands."""


def analysis_code(name: str, file_id: str) -> str:
    """Return the code of the analysis `name` for a file.

    Raises:
        UsageError: there is no such analysis.
        NoSuchFileError: `file_id` does not have the shape of an id.
    """
    if name not in ANALYSES:
        msg = f"There is no analysis {name[:40]!r}. There are: {', '.join(ANALYSES)}."
        raise UsageError(msg)
    if not is_file_id(file_id):
        raise NoSuchFileError(file_id)
    return ANALYSES[name].code(file_id)
