"""The code behind the quick analyses."""

import ast

import pytest

from application.analyses import ANALYSES, analysis_code
from domain.errors import NoSuchFileError, UsageError

FILE_ID = "abc123xyz789"


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_loads_the_file_by_its_id_alone(name: str) -> None:
    """The code is Python, and all it holds of the file is the id."""
    tree = ast.parse(analysis_code(name, FILE_ID))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert texts == {FILE_ID}


def test_the_commands_of_the_console_are_there() -> None:
    """`/stats`, `/head`, `/plot` and `/correlations`."""
    assert list(ANALYSES) == ["stats", "head", "plot", "correlations"]


def test_an_unknown_analysis_is_answered_with_those_there_are() -> None:
    """The message lists them."""
    with pytest.raises(UsageError, match="stats, head, plot, correlations"):
        analysis_code("nonsense", FILE_ID)


@pytest.mark.parametrize("hostile", ["", "abc", "ABC123XYZ789", "a'); import os #", "abc123xyz789\n"])
def test_what_is_no_file_id_never_gets_into_code(hostile: str) -> None:
    """Anything but 12 of a-z and 0-9 is no file."""
    with pytest.raises(NoSuchFileError):
        analysis_code("stats", hostile)
