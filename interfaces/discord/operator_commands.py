"""Slash commands for who runs the bot. Whoever may, the use cases decide; Discord only hides them."""

from collections.abc import Sequence
from typing import Any

import disnake
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction

from application.operators import Status
from application.ports.sandbox import Check
from interfaces.discord.desk import Desk
from interfaces.discord.histories import history_card
from interfaces.discord.interactions import Answer, acknowledge, deliver
from interfaces.discord.text import clipped
from interfaces.discord.words import Words, description, name, option
from interfaces.sizes import size_text

SANDBOX = "sandbox"
GOOD, OFF, BAD = "✅", "⚪", "❌"
DESCRIPTION_CHARACTERS = 4_000
LINE_CHARACTERS = 200
FOR_ADMINISTRATORS = disnake.Permissions(administrator=True)

USER: Any = option("USER")

Command = ApplicationCommandInteraction[Any]


class OperatorCommands(commands.Cog):
    """Looking after the bot and its users."""

    def __init__(self, answer: Answer, desk: Desk) -> None:
        self._answer, self._desk = answer, desk

    @commands.slash_command(
        name=name("AUDIT"), description=description("AUDIT"), default_member_permissions=FOR_ADMINISTRATORS
    )
    async def audit(
        self,
        inter: Command,
        user: disnake.User = USER,
    ) -> None:
        """Read a user's history."""
        await self._answer(inter, self._audit(inter, str(user.id)))

    @commands.slash_command(
        name=name("STATUS"), description=description("STATUS"), default_member_permissions=FOR_ADMINISTRATORS
    )
    async def status(self, inter: Command) -> None:
        """Say how the bot is doing."""
        await self._answer(inter, self._status(inter))

    async def _audit(self, inter: Command, user_id: str) -> None:
        await acknowledge(inter)
        past = await self._desk.audit(str(inter.author.id), user_id, None)
        embed, widgets = history_card(past, Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _status(self, inter: Command) -> None:
        await acknowledge(inter)
        await deliver(
            inter, embed=status_card(await self._desk.status(str(inter.author.id)), Words.of(inter))
        )


def status_card(status: Status, words: Words) -> disnake.Embed:
    """Return how the program does, as a card."""
    embed = disnake.Embed(title=words("STATUS_TITLE"))
    embed.add_field(words("STATUS_LAG"), words("STATUS_LAG_TEXT", lag=status.lag_events, head=status.head))
    embed.add_field(words("STATUS_RUNS"), str(status.runs))
    embed.add_field(words("STATUS_DISK"), size_text(status.free_bytes))
    embed.description = clipped("\n".join(_parts(status.checks, words)), DESCRIPTION_CHARACTERS)
    return embed


def _parts(checks: Sequence[Check], words: Words) -> list[str]:
    """Return a line a part; what holds of the sandbox is one, as `fileledger doctor` tells the rest."""
    sandbox = [check for check in checks if check.name.startswith(SANDBOX)]
    holding = words("STATUS_HOLDING", holding=sum(check.ok for check in sandbox), parts=len(sandbox))
    lines = [_part(check) for check in checks if check not in sandbox or not check.ok]
    return [*lines, f"{GOOD if all(check.ok for check in sandbox) else BAD} **{SANDBOX}** {holding}"]


def _part(check: Check) -> str:
    mark = GOOD if check.ok else OFF if check.optional else BAD
    remedy = "" if check.ok or not check.remedy else f" → {check.remedy}"
    return clipped(f"{mark} **{check.name}** {check.detail}{remedy}", LINE_CHARACTERS)
