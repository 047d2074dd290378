import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.analyses import ANALYSES
from interfaces.discord.widgets import CONFIRMED, DELETE, FileAction, file_buttons

FILE_ID = "abc123xyz789"


@pytest.mark.parametrize("action", [*ANALYSES, DELETE, CONFIRMED])
def test_a_button_carries_all_that_it_means(action: str) -> None:
    """What is read back from a custom id is what was written, within Discord's 100 characters."""
    wanted = FileAction(action, FILE_ID)

    assert FileAction.of(wanted.custom_id) == wanted
    assert len(wanted.custom_id) <= 100


@settings(max_examples=30)
@given(st.text(max_size=100))
def test_a_custom_id_of_somebody_else_means_nothing(custom_id: str) -> None:
    """Only ours are obeyed, and only with the shape of a file id."""
    found = FileAction.of(custom_id)

    assert found is None or found.custom_id == custom_id


@pytest.mark.parametrize(
    "custom_id", [None, "", "file", "file:stats", "file:stats:../../x", "file:rm:abc123xyz789"]
)
def test_a_forged_custom_id_means_nothing(custom_id: str | None) -> None:
    """Unknown actions and ids of another shape are ignored."""
    assert FileAction.of(custom_id) is None


def test_a_file_has_a_button_for_each_analysis_and_one_to_delete() -> None:
    """They fit into one row."""
    (row,) = file_buttons(FILE_ID)

    assert len(row) == len(ANALYSES) + 1 <= 5
