"""What buttons and selects do. Whose file it is, the use cases check at each click."""

from functools import partial
from typing import Any

from disnake.ext import commands
from disnake.interactions.message import MessageInteraction

from domain.errors import FileLedgerError
from interfaces.discord.answers import Answers
from interfaces.discord.cards import file_card
from interfaces.discord.desk import Desk
from interfaces.discord.file_list import FilesPage, files_card
from interfaces.discord.histories import OWN, HistoryPage, history_card, why_card
from interfaces.discord.interactions import Answer, acknowledge, deliver, outlet_of
from interfaces.discord.outdated import tell_outdated
from interfaces.discord.text import shown_name
from interfaces.discord.widgets import (
    CONFIRMED,
    DELETE,
    DOWNLOAD,
    HISTORY,
    PICK,
    WHY,
    FileAction,
    RunAction,
    confirm_button,
    work_to_cancel,
)
from interfaces.discord.words import Words

Click = MessageInteraction[Any]


class Clicks(commands.Cog):
    """Answers clicks and choices; everything they mean is in their custom id."""

    def __init__(self, answer: Answer, desk: Desk, answers: Answers) -> None:
        self._answer, self._desk, self._answers = answer, desk, answers
        self._actions = {
            DOWNLOAD: self._download,
            WHY: self._why,
            HISTORY: self._history,
            DELETE: self._ask_to_delete,
            CONFIRMED: self._delete,
        }

    @commands.Cog.listener("on_button_click")
    async def on_click(self, inter: Click) -> None:
        """Do what a button says."""
        custom_id = inter.data.custom_id
        if (wanted := FileAction.of(custom_id)) is not None:
            act = self._actions.get(wanted.action)
            answer = act(inter, wanted.file_id) if act else self._analyse(inter, wanted)
            await self._answer(inter, answer)
        elif (files_page := FilesPage.of(custom_id)) is not None:
            await self._answer(inter, self._turn_files(inter, files_page))
        elif (history_page := HistoryPage.of(custom_id)) is not None:
            await self._answer(inter, self._turn_history(inter, history_page))
        elif (past := RunAction.of(custom_id)) is not None:
            await self._answer(inter, self._answers.look_back(inter, past))
        elif (work_id := work_to_cancel(custom_id)) is not None:
            await self._answer(inter, self._answers.cancel(inter, work_id))
        else:
            await self._answer(inter, tell_outdated(inter))

    @commands.Cog.listener("on_dropdown")
    async def on_choice(self, inter: Click) -> None:
        """Show the card of the file that was chosen."""
        if inter.data.custom_id == PICK and inter.values:
            await self._answer(inter, self._pick(inter, inter.values[0]))
        else:
            await self._answer(inter, tell_outdated(inter))

    # -- a file ------------------------------------------------------------------

    async def _pick(self, inter: Click, file_id: str) -> None:
        await acknowledge(inter)
        embed, widgets = file_card(await self._desk.file(str(inter.author.id), file_id), Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _analyse(self, inter: Click, wanted: FileAction) -> None:
        user_id = str(inter.author.id)
        is_private = inter.message.flags.ephemeral or not await self._is_there(user_id, wanted.file_id)
        await acknowledge(inter, is_private=is_private)
        start = partial(self._desk.analyse, user_id, wanted.action, wanted.file_id)
        await self._answers.run(inter, start, is_private=is_private)

    async def _is_there(self, user_id: str, file_id: str) -> bool:
        """Tell whether the analysis can begin: what is refused is nobody else's business."""
        try:
            await self._desk.file(user_id, file_id)
        except FileLedgerError:
            return False
        return True

    async def _download(self, inter: Click, file_id: str) -> None:
        await acknowledge(inter)
        user_id, outlet = str(inter.author.id), outlet_of(inter)
        place = self._desk.place(user_id, inter.attachment_size_limit, Words.of(inter))
        for post in await self._desk.download(user_id, file_id, place):
            await outlet.send(post)

    async def _why(self, inter: Click, file_id: str) -> None:
        await acknowledge(inter)
        why = await self._desk.why(str(inter.author.id), file_id)
        await deliver(inter, embed=why_card(why, str(inter.author.id), Words.of(inter)))

    async def _history(self, inter: Click, file_id: str) -> None:
        await acknowledge(inter)
        past = await self._desk.file_history(str(inter.author.id), file_id)
        embed, widgets = history_card(past, Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _ask_to_delete(self, inter: Click, file_id: str) -> None:
        await acknowledge(inter)
        words = Words.of(inter)
        name = shown_name((await self._desk.file(str(inter.author.id), file_id)).filename)
        question = words("DELETE_QUESTION", name=name)
        await deliver(inter, question, components=confirm_button(file_id, words))

    async def _delete(self, inter: Click, file_id: str) -> None:
        await acknowledge(inter, in_place=True)
        name = shown_name((await self._desk.delete(str(inter.author.id), file_id)).filename)
        await deliver(inter, Words.of(inter)("DELETED", name=name))

    # -- pages -------------------------------------------------------------------

    async def _turn_files(self, inter: Click, wanted: FilesPage) -> None:
        await acknowledge(inter, in_place=True)
        listing = await self._desk.files(str(inter.author.id))
        embed, widgets = files_card(listing, wanted, Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _turn_history(self, inter: Click, wanted: HistoryPage) -> None:
        await acknowledge(inter, in_place=True)
        reader_id = str(inter.author.id)
        if wanted.user_id == OWN:
            past = await self._desk.history(reader_id, wanted.before)
        else:
            past = await self._desk.audit(reader_id, wanted.user_id, wanted.before)
        embed, widgets = history_card(past, Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)
