from domain.ledger import UserLedger
from domain.personal import ERASED
from infrastructure.views.owners import Owners
from tests.integration.infrastructure.views.stories import Story
from tests.support.memory_ledger import MemoryLedgerStore

ALICE = UserLedger.create_id("alice")


def test_an_owner_is_learned_from_the_events_or_asked_of_the_ledger() -> None:
    """Either way the answer is the same."""
    story = Story()
    story.upload()
    learned = Owners(MemoryLedgerStore())
    learned.learn(story.store.events)
    assert learned.of(ALICE) == Owners(story.store).of(ALICE) == "alice"


def test_an_erased_owner_goes_by_the_id_of_the_ledger() -> None:
    """Either way, too."""
    story, erased = Story(), MemoryLedgerStore()
    story.upload()
    erased.add(story.store.events[0].event.model_copy(update={"user_id": ERASED}))
    learned = Owners(MemoryLedgerStore())
    learned.learn(erased.events)
    assert learned.of(ALICE) == Owners(erased).of(ALICE) == ALICE.hex
