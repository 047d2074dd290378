"""Slash commands about all that is one's own."""

import io
from typing import Any

import disnake
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction
from disnake.interactions.modal import ModalInteraction

from interfaces.discord.desk import Desk
from interfaces.discord.interactions import Answer, acknowledge, deliver, outlet_of
from interfaces.discord.modals import ForgetForm
from interfaces.discord.posts import Post
from interfaces.discord.words import Words, description, name
from interfaces.sizes import size_text

ARCHIVE_NAME = "fileledger.zip"

Command = ApplicationCommandInteraction[Any]


class DataCommands(commands.Cog):
    """What people can do with everything at once."""

    def __init__(self, answer: Answer, desk: Desk) -> None:
        self._answer, self._desk = answer, desk

    @commands.slash_command(name=name("EXPORT"), description=description("EXPORT"))
    async def export(self, inter: Command) -> None:
        """Hand over everything in one archive."""
        await self._answer(inter, self._export(inter))

    @commands.slash_command(name=name("FORGET"), description=description("FORGET"))
    async def forget(self, inter: Command) -> None:
        """Ask for the word that erases everything."""
        await self._answer(inter, ForgetForm().open(inter))

    @commands.Cog.listener("on_modal_submit")
    async def on_form(self, inter: ModalInteraction[Any]) -> None:
        """Erase everything, when the word was typed."""
        if ForgetForm.is_form(inter.custom_id):
            await self._answer(inter, self._forget(inter))

    async def _export(self, inter: Command) -> None:
        await acknowledge(inter)
        words, limit_bytes = Words.of(inter), inter.attachment_size_limit
        archive = await self._desk.export(str(inter.author.id), limit_bytes)
        if archive.content is None:
            size, limit = size_text(archive.size_bytes), size_text(limit_bytes)
            await deliver(inter, words("EXPORT_TOO_LARGE", size=size, limit=limit))
            return
        told, kept = archive.told, disnake.File(io.BytesIO(archive.content), filename=ARCHIVE_NAME)
        counts = {"events": told.events, "files": told.files, "conversations": told.conversations}
        await outlet_of(inter).send(Post(words("EXPORTED", **counts), files=[kept]))

    async def _forget(self, inter: ModalInteraction[Any]) -> None:
        await acknowledge(inter)
        words = Words.of(inter)
        if not ForgetForm().is_confirmed(inter):
            await deliver(inter, words("FORGET_NOT", word=words("FORGET_WORD")))
            return
        erasure = await self._desk.forget(str(inter.author.id), f"discord-interaction:{inter.id}")
        done = words("FORGOTTEN", files=erasure.files_purged)
        await deliver(inter, done if erasure.keys_destroyed else words("NOTHING_TO_FORGET"))
