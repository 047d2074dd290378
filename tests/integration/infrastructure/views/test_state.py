import pytest
from pymongo.database import Database

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import Document
from infrastructure.views.state import Standing, StateStore


@pytest.fixture
def states(empty_database: Database[Document]) -> StateStore:
    """Return the state of two views at their beginning."""
    states = StateStore(empty_database)
    states.create(["files", "runs"])
    return states


def test_views_begin_at_their_first_generation_and_position_zero(states: StateStore) -> None:
    """To create them again changes nothing."""
    state = states.load()
    states.create(["files", "runs"])
    assert states.load() == state
    assert state.standings == {
        view: Standing(generation=1, newest=1, position=0) for view in ("files", "runs")
    }
    assert state.collection_of("files") == "files.1"


def test_an_advance_never_goes_back(states: StateStore) -> None:
    """A slow follower's older position is not noted over a newer one."""
    since = states.load()
    assert states.advance(since, 7, {}) == states.load()
    late = states.advance(since, 3, {})
    assert late is not None
    assert late.position == late.furthest == 7


def test_an_advance_in_a_collection_that_was_swapped_out_is_not_noted(states: StateStore) -> None:
    """Of one view swapped, no view's position is noted: the whole batch is done again."""
    since = states.load()
    assert states.swap(states.claim(["runs"]), 0, 0, {}) is not None
    assert states.advance(since, 5, {}) is None
    assert states.load().position == 0


def test_a_swap_moves_collection_and_position_together(states: StateStore) -> None:
    """And leaves the other views where they are."""
    claim = states.claim(["files"])
    before = states.swap(claim, 9, 9, {})
    assert before is not None
    assert before.collection_of("files") == "files.1"
    now = states.load()
    assert now.standings["files"] == Standing(generation=2, newest=2, position=9)
    assert now.standings["runs"].position == 0
    assert (now.position, now.furthest) == (0, 9)


def test_a_swap_behind_the_live_view_is_refused(states: StateStore) -> None:
    """Unless whoever asks knows of it."""
    states.advance(states.load(), 5, {})
    claim = states.claim(["files"])
    assert states.swap(claim, 4, 4, {}) is None
    assert states.swap(claim, 4, 5, {}) is not None


def test_the_later_claim_wins(states: StateStore) -> None:
    """The earlier one cannot be swapped in any more."""
    earlier, later = states.claim(["files"]), states.claim(["files", "runs"])
    assert not earlier.holds_in(states.load())
    assert later.holds_in(states.load())
    assert states.swap(earlier, 9, 9, {}) is None
    assert states.swap(later, 9, 9, {}) is not None


def test_nothing_of_a_former_incarnation_counts(
    states: StateStore, empty_database: Database[Document]
) -> None:
    """Views made anew in a database that was dropped are not taken for those of before."""
    since, claim = states.load(), states.claim(["files"])
    empty_database.drop_collection("view_state")
    states.create(["files", "runs"])
    states.claim(["files"])
    assert not since.same_collections(states.load())
    assert states.advance(since, 5, {}) is None
    assert states.swap(claim, 5, 5, {}) is None
    assert not claim.holds_in(states.load())


def test_views_that_were_never_made_are_named_with_the_remedy(empty_database: Database[Document]) -> None:
    """Reading and claiming alike."""
    states = StateStore(empty_database)
    with pytest.raises(EnvironmentFaultError, match="fileledger migrate"):
        states.load()
    with pytest.raises(EnvironmentFaultError, match="fileledger migrate"):
        states.claim(["files"])
