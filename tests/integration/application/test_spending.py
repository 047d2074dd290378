"""What turns cost, over a real ledger."""

from datetime import date
from pathlib import Path

from application.ledgers import By
from application.model import Usage
from application.spending import Accounts, ReadSpending
from domain.spending import Price
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

    days = ReadSpending(house.store)("alice")

    assert [(it.day, it.turns, it.tokens, it.cost_micros) for it in days] == [
        (date(2026, 1, 1), 2, 17, 20),
        (date(2026, 1, 2), 1, 3, 3),
    ]
    assert not ReadSpending(house.store)("bob")
