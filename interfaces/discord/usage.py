"""`/usage`: what somebody spent on the model, a day at a time."""

from datetime import date

import disnake

from application.spending import Spending
from domain.spending import MICROS, DaySpending
from interfaces.discord.words import Words

DAYS = 14


def usage_card(spending: Spending, today: date, words: Words, *, is_own: bool) -> disnake.Embed:
    """Return the newest days, with what is left of today."""
    title = words("USAGE_TITLE") if is_own else words("USAGE_OF", name=spending.user_id)
    embed = disnake.Embed(title=title)
    lines = [_line(spent, words) for spent in reversed(spending.days[-DAYS:])]
    embed.description = "\n".join(lines) or words("NO_USAGE")
    used, limit = spending.on(today).tokens, spending.daily_token_limit
    if limit is None:
        embed.set_footer(text=words("USAGE_UNLIMITED"))
    else:
        embed.set_footer(text=words("USAGE_LEFT", left=f"{max(0, limit - used):,}", limit=f"{limit:,}"))
    return embed


def _line(spent: DaySpending, words: Words) -> str:
    line = words("USAGE_DAY", day=spent.day.isoformat(), turns=spent.turns, tokens=f"{spent.tokens:,}")
    return line + (f" · {spent.cost_micros / MICROS:,.4f}" if spent.cost_micros else "")
