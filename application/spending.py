"""Who spends how much on the model, and whether they may go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from application.ledgers import By, Ledgers
from application.model import Usage
from application.ports.ledger import LedgerStore
from domain.events import TurnFinished
from domain.files import check_user_id
from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.spending import DaySpending, Price, Spent


class Accounts:
    """Every user's account with the model. `daily_token_limit` None: as much as they like."""

    def __init__(self, ledgers: Ledgers, prices: Mapping[str, Price], daily_token_limit: int | None) -> None:
        self._ledgers, self._prices, self._limit = ledgers, prices, daily_token_limit

    def check(self, user_id: str) -> int:
        """Let a turn begin; return how often the user was erased so far, for `record`.

        Raises:
            TokensUsedUpError: the user's tokens of the day are used up.
        """
        by = By.user(user_id)
        ledger = self._ledgers.load(user_id, by)
        ledger.check_tokens_left(self._limit, self._ledgers.metadata(by).timestamp)
        return ledger.erasures

    def record(
        self, user_id: str, model: str, usage: Usage, stopped_because: str, by: By, *, erasures: int
    ) -> bool:
        """Record what a turn took, at today's price; tell whether it was.

        Nothing of a turn is kept whose user was erased since it began.
        """
        price = self._prices.get(model)
        spent = Spent(
            model=model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            is_estimated=usage.is_estimated,
            cost_micros=price.cost_micros(usage.input_tokens, usage.output_tokens) if price else None,
        )

        def finish(ledger: UserLedger, metadata: Metadata) -> bool:
            if ledger.is_being_erased or ledger.erasures != erasures:
                return False
            ledger.finish_turn(spent, stopped_because, metadata)
            return True

        return self._ledgers.decide(user_id, finish, by).result


@dataclass(frozen=True)
class Spending:
    """What a user spent on the model, the days oldest first; `daily_token_limit` None: there is none.

    `first_sequence` and `last_sequence` span the events that tell it, 0 when there are none.
    """

    user_id: str
    days: Sequence[DaySpending]
    daily_token_limit: int | None
    first_sequence: int = 0
    last_sequence: int = 0

    def on(self, day: date) -> DaySpending:
        """Return what was spent on a day."""
        return next((spent for spent in self.days if spent.day == day), DaySpending(day=day))


class ReadSpending:
    """What a user spent, day by day, from the ledger alone."""

    def __init__(self, store: LedgerStore, daily_token_limit: int | None) -> None:
        self._store, self._limit = store, daily_token_limit

    def __call__(self, user_id: str) -> Spending:
        """Return the days on which the user asked the model."""
        days: list[DaySpending] = []
        sequences: list[int] = []
        for recorded in self._store.stream(UserLedger.create_id(check_user_id(user_id))):
            event = recorded.event
            if isinstance(event, TurnFinished):
                sequences.append(event.originator_version)
                before = days.pop() if days else DaySpending(day=event.timestamp.date())
                after = before.plus(
                    event.timestamp.date(), event.input_tokens, event.output_tokens, event.cost_micros
                )
                days += [after] if after.day == before.day else [before, after]
        return Spending(user_id, days, self._limit, *((sequences[0], sequences[-1]) if sequences else ()))
