"""What turns cost, over a real ledger."""

from datetime import date
from pathlib import Path

import pytest

from application.audit import ReadHistory
from application.ledgers import By
from application.looks import RecordLook
from application.model import Usage
from application.operators import AuditSpending, NotOperatorError, Operators
from application.spending import Accounts, ReadSpending
from domain.events import HistoryRead
from domain.spending import Price, TokensUsedUpError
from tests.support.house import House

DAY_S = 24 * 3600


def test_spending_is_told_day_by_day(tmp_path: Path) -> None:
    """From the ledger alone; a model without a price has tokens and no cost."""
    house = House(tmp_path)
    price = Price.model_validate({"input_per_million": 1, "output_per_million": 2})
    accounts = Accounts(house.ledgers, {"dear": price}, None)
    by = By.user("alice", "discord-message:1")
    accounts.record("alice", "dear", Usage(10, 5), "answered", by, erasures=0)
    accounts.record("alice", "free", Usage(1, 1), "failed", by, erasures=0)
    house.clock.turn(DAY_S)
    accounts.record("alice", "dear", Usage(3, 0), "answered", by, erasures=0)

    spending = ReadSpending(house.store, 5)("alice")

    assert [(it.day, it.turns, it.tokens, it.cost_micros) for it in spending.days] == [
        (date(2026, 1, 1), 2, 17, 20),
        (date(2026, 1, 2), 1, 3, 3),
    ]
    assert (spending.daily_token_limit, spending.on(date(2026, 1, 2)).tokens) == (5, 3)
    assert spending.on(date(2026, 1, 3)).tokens == 0
    assert not ReadSpending(house.store, None)("bob").days


def test_an_operators_look_at_spending_is_told_to_the_user(tmp_path: Path) -> None:
    """Nobody else may look, and a look that finds nothing leaves nothing."""
    house = House(tmp_path)
    by = By.user("alice", "discord-message:1")
    Accounts(house.ledgers, {}, None).record("alice", "free", Usage(1, 1), "answered", by, erasures=0)
    recorder = RecordLook(house.store, house.ledgers)
    look = AuditSpending(Operators(frozenset({"root"})), ReadSpending(house.store, None), recorder)

    assert look("root", "alice").days[0].tokens == 2
    assert look("root", "nobody").days == []
    with pytest.raises(NotOperatorError):
        look("bob", "alice")

    [*_, turn, read] = [recorded.event for recorded in ReadHistory(house.store)("alice").events]
    assert isinstance(read, HistoryRead)
    assert (read.actor, read.first_sequence) == ("admin:root", turn.originator_version)
    assert house.store.load("nobody") is None


def test_a_turn_whose_user_was_erased_meanwhile_is_not_recorded(tmp_path: Path) -> None:
    """What was said before the erasure does not bring the user back; what was spent that day still counts."""
    house = House(tmp_path)
    accounts = Accounts(house.ledgers, {}, 10)
    by = By.user("alice")
    assert accounts.record("alice", "m", Usage(10, 5), "answered", by, erasures=accounts.check("bob"))
    with pytest.raises(TokensUsedUpError):
        accounts.check("alice")
    house.forget("alice")
    head = house.store.head()
    assert not accounts.record("alice", "m", Usage(10, 5), "answered", by, erasures=0)
    assert house.store.head() == head
    with pytest.raises(TokensUsedUpError):
        accounts.check("alice")
