import pytest

from domain.errors import InvalidValueError
from domain.ledger import UserLedger
from infrastructure.views.bounds import Bounds
from tests.integration.infrastructure.views.stories import Story


@pytest.fixture
def story() -> Story:
    """Tell a short story of two users."""
    story = Story()
    for user_id in ("alice", "bob", "alice"):
        story.upload(user_id)
    return story


@pytest.mark.parametrize("size", [1, 2, 100])
def test_batches_hold_every_event_once_and_in_order(story: Story, size: int) -> None:
    """No event is skipped or repeated, whatever the size of a batch."""
    head = story.store.head()
    batches = list(Bounds().batches(story.store, 0, head, size, ()))
    assert [recorded for batch in batches for recorded in batch.events] == story.store.events
    assert all(len(batch.events) <= size for batch in batches)


def test_batches_of_one_user_hold_their_events_only(story: Story) -> None:
    """After one position, up to another."""
    ledger_id = UserLedger.create_id("alice")
    mine = [recorded for recorded in story.store.events if recorded.event.originator_id == ledger_id]
    for after, up_to in ((0, 99), (1, 99), (0, 2)):
        batches = Bounds(user_id="alice").batches(story.store, after, up_to, 2, ())
        wanted = [recorded for recorded in mine if after < recorded.position <= up_to]
        assert [recorded for batch in batches for recorded in batch.events] == wanted


def test_only_no_bounds_hold_everything() -> None:
    """A slice can never pass for the whole."""
    assert Bounds().hold_everything
    for bounds in (Bounds(user_id="alice"), Bounds(first=2), Bounds(last=99)):
        assert not bounds.hold_everything


def test_nothing_is_read_past_the_last_position() -> None:
    """Neither past the bound nor past the head."""
    assert Bounds().up_to(5) == Bounds(last=9).up_to(5) == 5
    assert Bounds(last=3).up_to(5) == 3


@pytest.mark.parametrize(("first", "last"), [(0, None), (-1, 5), (3, 2)])
def test_bounds_that_hold_nothing_are_refused(first: int, last: int | None) -> None:
    """Positions begin at 1 and rise."""
    with pytest.raises(InvalidValueError, match="No event lies"):
        Bounds(first=first, last=last)
