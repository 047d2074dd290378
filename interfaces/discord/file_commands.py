"""Slash commands about one's own files."""

from functools import partial
from typing import Any

import disnake
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction
from disnake.interactions.modal import ModalInteraction

from domain.errors import FileLedgerError
from interfaces.discord.answers import Answers
from interfaces.discord.cards import upload_card
from interfaces.discord.desk import Desk
from interfaces.discord.file_list import FilesPage, choice_of, files_card
from interfaces.discord.histories import history_card, why_card
from interfaces.discord.interactions import Answer, acknowledge, deliver
from interfaces.discord.modals import RunForm
from interfaces.discord.widgets import MAX_OPTIONS
from interfaces.discord.words import Words, description, name, option

Command = ApplicationCommandInteraction[Any]

FILE: Any = option("FILE")
ANY_FILE: Any = option("FILE", default=None)
ATTACHMENT: Any = option("ATTACHMENT")
MORE: list[Any] = [option(f"ATTACHMENT_{number}", default=None) for number in range(2, 6)]
PUBLIC: Any = option("PUBLIC", default=False)


def help_text(words: Words, *, can_chat: bool) -> str:
    """Return what the bot does; `can_chat` when there is a model to ask."""
    return f"{words('HELP_TEXT')}\n{words('HELP_MODEL')}" if can_chat else words("HELP_TEXT")


class FileCommands(commands.Cog):
    """What people can ask for without writing a message; only they see the answers."""

    def __init__(self, answer: Answer, desk: Desk, answers: Answers) -> None:
        self._answer, self._desk, self._answers = answer, desk, answers

    @commands.slash_command(name=name("HELP"), description=description("HELP"))
    async def help(self, inter: Command) -> None:
        """Say what the bot does."""
        await self._answer(inter, self._help(inter))

    @commands.slash_command(name=name("FILES"), description=description("FILES"))
    async def files(self, inter: Command) -> None:
        """List the files."""
        await self._answer(inter, self._files(inter))

    @commands.slash_command(name=name("UPLOAD"), description=description("UPLOAD"))
    async def upload(
        self,
        inter: Command,
        file: disnake.Attachment = ATTACHMENT,
        file_2: disnake.Attachment | None = MORE[0],
        file_3: disnake.Attachment | None = MORE[1],
        file_4: disnake.Attachment | None = MORE[2],
        file_5: disnake.Attachment | None = MORE[3],
    ) -> None:
        """Keep files."""
        given = [each for each in (file, file_2, file_3, file_4, file_5) if each is not None]
        await self._answer(inter, self._upload(inter, given))

    @commands.slash_command(name=name("RUN"), description=description("RUN"))
    async def run(
        self,
        inter: Command,
        *,
        public: bool = PUBLIC,
    ) -> None:
        """Ask for the code to run."""
        await self._answer(inter, RunForm(is_public=public).open(inter))

    @commands.slash_command(name=name("HISTORY"), description=description("HISTORY"))
    async def history(self, inter: Command, file: str | None = ANY_FILE) -> None:
        """Tell what happened."""
        await self._answer(inter, self._history(inter, file))

    @commands.slash_command(name=name("WHY"), description=description("WHY"))
    async def why(self, inter: Command, file: str = FILE) -> None:
        """Say why a file is there or gone."""
        await self._answer(inter, self._why(inter, file))

    @history.autocomplete("file")
    @why.autocomplete("file")
    async def complete(self, inter: Command, text: str) -> list[disnake.OptionChoice]:
        """Propose the person's own files."""
        try:
            found = await self._desk.find(str(inter.author.id), text)
        except FileLedgerError:
            return []  # there is no place to say why; the command itself will
        words = Words.of(inter)
        return [choice_of(file, self._desk.now(), words) for file in found[:MAX_OPTIONS]]

    @commands.Cog.listener("on_modal_submit")
    async def on_form(self, inter: ModalInteraction[Any]) -> None:
        """Run the code of a form."""
        if (form := RunForm.of(inter.custom_id)) is not None:
            await self._answer(inter, self._run(inter, form))

    # -- answers -----------------------------------------------------------------

    async def _help(self, inter: Command) -> None:
        await acknowledge(inter)
        await deliver(inter, help_text(Words.of(inter), can_chat=self._desk.can_chat))

    async def _files(self, inter: Command) -> None:
        await acknowledge(inter)
        listing = await self._desk.files(str(inter.author.id))
        embed, widgets = files_card(listing, FilesPage(0), Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _upload(self, inter: Command, attachments: list[disnake.Attachment]) -> None:
        await acknowledge(inter)
        outcomes = await self._desk.save(str(inter.author.id), attachments)
        embed, widgets = upload_card(outcomes, Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _run(self, inter: ModalInteraction[Any], form: RunForm) -> None:
        await acknowledge(inter, is_private=not form.is_public)
        start = partial(self._desk.run, str(inter.author.id), form.code_in(inter))
        await self._answers.run(inter, start, is_private=not form.is_public)

    async def _history(self, inter: Command, file: str | None) -> None:
        await acknowledge(inter)
        user_id = str(inter.author.id)
        past = await (self._desk.file_history(user_id, file) if file else self._desk.history(user_id, None))
        embed, widgets = history_card(past, Words.of(inter))
        await deliver(inter, embed=embed, components=widgets)

    async def _why(self, inter: Command, file: str) -> None:
        await acknowledge(inter)
        why = await self._desk.why(str(inter.author.id), file)
        await deliver(inter, embed=why_card(why, str(inter.author.id), Words.of(inter)))
