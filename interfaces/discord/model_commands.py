"""Slash commands about the model: asking it, and what that took."""

from typing import Any

import disnake
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction

from application.upload import Receipt
from interfaces.discord.answers import Answers
from interfaces.discord.desk import Desk
from interfaces.discord.interactions import Answer, acknowledge, deliver
from interfaces.discord.uploads import Outcome, Refusal
from interfaces.discord.usage import usage_card
from interfaces.discord.words import Words, description, name, option

QUESTION_CHARACTERS = 4_000

Command = ApplicationCommandInteraction[Any]

QUESTION: Any = option("QUESTION", max_length=QUESTION_CHARACTERS)
ATTACHMENT: Any = option("QUESTION_FILE", default=None)
PUBLIC: Any = option("PUBLIC", default=False)
USER: Any = option("USAGE_USER", default=None)


class ModelCommands(commands.Cog):
    """What people ask of the model without writing a message."""

    def __init__(self, answer: Answer, desk: Desk, answers: Answers) -> None:
        self._answer, self._desk, self._answers = answer, desk, answers

    @commands.slash_command(name=name("ASK"), description=description("ASK"))
    async def ask(
        self,
        inter: Command,
        question: str = QUESTION,
        file: disnake.Attachment | None = ATTACHMENT,
        *,
        public: bool = PUBLIC,
    ) -> None:
        """Ask the model."""
        await self._answer(inter, self._ask(inter, question, file, is_private=not public))

    @commands.slash_command(name=name("USAGE"), description=description("USAGE"))
    async def usage(self, inter: Command, user: disnake.User | None = USER) -> None:
        """Say what asking took."""
        await self._answer(inter, self._usage(inter, user))

    async def _ask(
        self, inter: Command, question: str, file: disnake.Attachment | None, *, is_private: bool
    ) -> None:
        await acknowledge(inter, is_private=is_private)
        outcomes = await self._desk.save(str(inter.author.id), [file]) if file else []
        file_ids = [_kept(outcome).file.file_id for outcome in outcomes]
        await self._answers.asked(inter, question, file_ids, is_private=is_private)

    async def _usage(self, inter: Command, user: disnake.User | None) -> None:
        await acknowledge(inter)
        is_own = user is None or user.id == inter.author.id
        spending = await self._desk.spending(str(inter.author.id), None if is_own else str(user and user.id))
        card = usage_card(spending, self._desk.now().date(), Words.of(inter), is_own=is_own)
        await deliver(inter, embed=card)


def _kept(outcome: Outcome) -> Receipt:
    """Return the receipt of a file; without it the question would be about nothing."""
    if isinstance(outcome, Refusal):
        raise outcome.error
    return outcome
