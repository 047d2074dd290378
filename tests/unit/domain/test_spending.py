from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.snapshot import LedgerSnapshot
from domain.spending import Price, Spent, TokensUsedUpError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(moment: datetime) -> Metadata:
    """Return the circumstances of something the user does."""
    return Metadata(timestamp=moment, actor="user:alice")


def ledger_with(*tokens: int, moment: datetime = NOON) -> UserLedger:
    """Return a ledger with a turn of so many tokens each."""
    ledger = UserLedger.open("alice", at(moment))
    for number in tokens:
        ledger.finish_turn(Spent(model="m", input_tokens=number, output_tokens=0), "answered", at(moment))
    return ledger


def test_a_turn_begins_as_long_as_tokens_are_left() -> None:
    """The turn that passes the limit is brought to its end; the next one is refused, by name and number."""
    ledger_with(99).check_tokens_left(100, NOON)
    with pytest.raises(TokensUsedUpError, match=r"used 100 tokens .* 100 a day .*midnight UTC"):
        ledger_with(99, 1).check_tokens_left(100, NOON)


def test_without_a_limit_nothing_is_refused() -> None:
    """The operator may set none."""
    ledger_with(10**9).check_tokens_left(None, NOON)


def test_a_limit_of_zero_refuses_the_first_turn() -> None:
    """So an operator can close the chat and leave files and code open."""
    with pytest.raises(TokensUsedUpError):
        ledger_with().check_tokens_left(0, NOON)


def test_a_new_day_begins_with_all_tokens() -> None:
    """At midnight UTC, and not before."""
    ledger = ledger_with(100)
    midnight = datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(TokensUsedUpError):
        ledger.check_tokens_left(100, midnight - timedelta(milliseconds=1))

    ledger.check_tokens_left(100, midnight)


def test_a_clock_that_is_set_back_lets_nobody_off() -> None:
    """What was used on the later day counts until that is over."""
    ledger = ledger_with(100)
    with pytest.raises(TokensUsedUpError):
        ledger.check_tokens_left(100, NOON - timedelta(days=1))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), max_size=20))
def test_what_is_counted_is_what_the_day_took(turns: list[tuple[int, int]]) -> None:
    """Against a sum over all turns of the last day; and a snapshot remembers it."""
    ledger = UserLedger.open("alice", at(NOON))
    for day, tokens in sorted(turns):
        spent = Spent(model="m", input_tokens=tokens, output_tokens=1, cost_micros=2)
        ledger.finish_turn(spent, "answered", at(NOON + timedelta(days=day)))
    restored = LedgerSnapshot.take(ledger).mutate(None)

    assert restored.spending == ledger.spending
    if turns:
        last = max(day for day, _ in turns)
        of_last = [tokens for day, tokens in turns if day == last]
        assert ledger.spending is not None
        assert ledger.spending.day == date(2026, 1, 1 + last)
        assert ledger.spending.tokens == sum(of_last) + len(of_last)
        assert ledger.spending.cost_micros == 2 * len(of_last)


def test_a_snapshot_from_before_there_was_spending_loads() -> None:
    """Ledgers of earlier versions go on."""
    snapshot = LedgerSnapshot.take(ledger_with())
    state = {name: value for name, value in snapshot.state.items() if name != "spending"}

    assert snapshot.model_copy(update={"state": state}).mutate(None).spending is None


def test_cost_is_in_millionths_and_never_rounded_away() -> None:
    """Dollars a million tokens are millionths of a dollar a token."""
    price = Price(input_per_million=Decimal("0.25"), output_per_million=Decimal(2))

    assert price.cost_micros(1000, 500) == 1250
    assert price.cost_micros(1, 0) == 1
    assert price.cost_micros(0, 0) == 0
