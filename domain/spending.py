"""What talking to a model costs a user, a day at a time. A day is one of UTC."""

from datetime import date
from decimal import ROUND_CEILING, Decimal

from pydantic import BaseModel, ConfigDict, Field

from domain.errors import RefusedError

MICROS = 1_000_000
"""Costs are whole millionths of the operator's currency: sums of them lose nothing."""


class TokensUsedUpError(RefusedError):
    """The user's tokens of the day are used up."""

    def __init__(self, used: int, limit: int) -> None:
        self.used, self.limit = used, limit
        super().__init__(
            f"You have used {used:,} tokens of the model today, and {limit:,} a day are allowed "
            "(DAILY_TOKEN_LIMIT_PER_USER). Ask again after midnight UTC; your files, the quick analyses and "
            "code of your own work as ever."
        )


class Price(BaseModel):
    """What a model costs, in the operator's currency a million tokens."""

    model_config = ConfigDict(frozen=True)

    input_per_million: Decimal = Field(ge=0)
    output_per_million: Decimal = Field(ge=0)

    def cost_micros(self, input_tokens: int, output_tokens: int) -> int:
        """Return the cost in millionths of the currency, rounded up."""
        cost = self.input_per_million * input_tokens + self.output_per_million * output_tokens
        return int(cost.to_integral_value(ROUND_CEILING))


class Spent(BaseModel):
    """What one turn took.

    `is_estimated`: the provider did not tell all of it. `cost_micros` are millionths
    of the operator's currency, None for a model without a price.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    is_estimated: bool = False
    cost_micros: int | None = Field(default=None, ge=0)


class DaySpending(BaseModel):
    """What a user spent on one day; turns without a price count nothing in `cost_micros`."""

    model_config = ConfigDict(frozen=True)

    day: date
    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of both kinds."""
        return self.input_tokens + self.output_tokens

    def plus(
        self, day: date, input_tokens: int, output_tokens: int, cost_micros: int | None
    ) -> "DaySpending":
        """Return what was spent with one more turn.

        A later day begins anew; an earlier one (a clock that was set back) is not let off.
        """
        before = DaySpending(day=day) if day > self.day else self
        return DaySpending(
            day=before.day,
            turns=before.turns + 1,
            input_tokens=before.input_tokens + input_tokens,
            output_tokens=before.output_tokens + output_tokens,
            cost_micros=before.cost_micros + (cost_micros or 0),
        )
