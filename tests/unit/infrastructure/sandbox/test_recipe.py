import pytest

from infrastructure.sandbox import recipe


def test_a_container_with_few_user_ids_gets_one_that_it_has() -> None:
    """Where only 65,536 ids are mapped, a run's id is taken from those that nobody owns."""
    assert 61_184 <= recipe.unassigned_uid("0 100000 65536\n") < 65_536


def test_an_ordinary_machine_gets_an_id_that_no_account_has() -> None:
    """Ids come from a range that no distribution assigns, and differ."""
    drawn = {recipe.unassigned_uid("0 0 4294967295\n") for _ in range(20)}
    assert len(drawn) > 1
    assert all(1_900_000_000 <= uid < 1_900_065_536 for uid in drawn)


def test_without_a_spare_user_id_there_is_no_cell() -> None:
    """Where only one id is mapped, root cannot become somebody else, and that is an error."""
    with pytest.raises(recipe.CellError, match="uid map"):
        recipe.unassigned_uid("0 1000 1\n")
