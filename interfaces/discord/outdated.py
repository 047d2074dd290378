"""Buttons, forms and commands that the bot does not know (any more): whoever uses one is told."""

from typing import Any

from disnake.ext import commands
from disnake.interactions.modal import ModalInteraction

from interfaces.discord.interactions import Answer, Interaction, acknowledge, deliver
from interfaces.discord.modals import ForgetForm, RunForm
from interfaces.discord.words import Words


class OutdatedForms(commands.Cog):
    """Answers forms that an earlier version has opened."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    @commands.Cog.listener("on_modal_submit")
    async def on_form(self, inter: ModalInteraction[Any]) -> None:
        """Say so, when the form is none of today's."""
        if RunForm.of(inter.custom_id) is None and not ForgetForm.is_form(inter.custom_id):
            await self._answer(inter, tell_outdated(inter))


async def tell_outdated(inter: Interaction) -> None:
    """Tell who acted, and nobody else, that this leads nowhere, and what does."""
    await acknowledge(inter)
    await deliver(inter, Words.of(inter)("OUTDATED"))
