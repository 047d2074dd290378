"""The client: which events it wants, and which handler answers each."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import disnake
import structlog
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction
from disnake.interactions.message import MessageInteraction

from domain.errors import FileLedgerError
from interfaces.discord.cards import file_card, upload_card
from interfaces.discord.desk import Desk
from interfaces.discord.faults import FAILED, permission_words
from interfaces.discord.sending import answer_once
from interfaces.discord.text import shown_name
from interfaces.discord.widgets import CONFIRMED, DELETE, PICK, FileAction, confirm_button

HELP = (
    "Send me files, here by mentioning me or in a direct message: I keep them, and answer with a card whose "
    "buttons show key statistics, first rows, charts and correlations, or delete the file."
)
REMEMBERED = 1_000  # messages, so that one told twice after a reconnect is answered once

log = structlog.get_logger()


def intents_for(channel_ids: frozenset[str]) -> disnake.Intents:
    """Return what the bot must hear; only whole channels need the contents of every message."""
    return disnake.Intents(guilds=True, messages=True, message_content=bool(channel_ids))


class FileBot(commands.InteractionBot):
    """Answers mentions, direct messages, and everything said in the channels of `channel_ids`."""

    def __init__(self, desk: Desk, channel_ids: frozenset[str] = frozenset(), **options: Any) -> None:
        super().__init__(
            intents=intents_for(channel_ids),
            allowed_mentions=disnake.AllowedMentions.none(),
            **options,
        )
        self._desk = desk
        self._channel_ids = channel_ids
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._at_work: set[asyncio.Task[Any]] = set()
        self._is_ending = False
        self.slash_command(name="help", description="What this bot does")(self._help)

    async def finish(self, grace_s: float) -> None:
        """Begin no answer any more, let the begun ones end, and stop the runs that take longer."""
        self._is_ending = True
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=grace_s)
        self._desk.stop_runs()
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=grace_s)

    # -- events ------------------------------------------------------------------

    async def on_message(self, message: disnake.Message) -> None:
        """Take in files; explain to who sends none."""
        if message.author.bot or not self._is_addressed(message) or not self._is_new(message.id):
            return
        answer = self._take_in(message) if message.attachments else _replying(message)(HELP)
        await self._watched(answer, _replying(message), message.channel)

    async def on_button_click(self, inter: MessageInteraction[Any]) -> None:
        """Do what a button says; whose file it is the use cases check at each click."""
        if (wanted := FileAction.of(inter.component.custom_id)) is not None:
            await self._watched(self._act(inter, wanted), self._telling(inter), inter.channel)

    async def on_dropdown(self, inter: MessageInteraction[Any]) -> None:
        """Show the buttons of the file that was chosen."""
        if inter.component.custom_id == PICK and inter.values:
            await self._watched(self._pick(inter, inter.values[0]), self._telling(inter), inter.channel)

    async def _help(self, inter: ApplicationCommandInteraction[Any]) -> None:
        await inter.response.send_message(HELP, ephemeral=True)

    # -- answers -----------------------------------------------------------------

    async def _take_in(self, message: disnake.Message) -> None:
        outcomes = await self._desk.save(str(message.author.id), message.attachments)
        embed, widgets = upload_card(outcomes)
        await answer_once(self.http, message, embed, widgets)

    async def _pick(self, inter: MessageInteraction[Any], file_id: str) -> None:
        await inter.response.defer(with_message=True, ephemeral=True)
        embed, widgets = file_card(await self._desk.file(str(inter.author.id), file_id))
        await inter.edit_original_response(embed=embed, components=widgets)

    async def _act(self, inter: MessageInteraction[Any], wanted: FileAction) -> None:
        user_id, file_id = str(inter.author.id), wanted.file_id
        is_private = wanted.action in {DELETE, CONFIRMED} or inter.message.flags.ephemeral
        await inter.response.defer(with_message=True, ephemeral=is_private)
        if wanted.action == DELETE:
            name = shown_name((await self._desk.file(user_id, file_id)).filename)
            question = f"Delete {name} for good? Its history stays."
            await inter.edit_original_response(question, components=confirm_button(file_id))
        elif wanted.action == CONFIRMED:
            name = shown_name((await self._desk.delete(user_id, file_id)).filename)
            await inter.edit_original_response(f"{name} is deleted.")
        else:
            limit_bytes = inter.attachment_size_limit
            result = await self._desk.analyse(user_id, wanted.action, file_id, limit_bytes)
            await inter.edit_original_response(result.content, files=result.files)

    # -- around every answer -----------------------------------------------------

    async def _watched(
        self, answer: Coroutine[Any, Any, Any], tell: Callable[[str], Awaitable[Any]], place: Any
    ) -> None:
        """Give an answer; whatever goes wrong becomes one clear line to the user or the operator."""
        if self._is_ending:
            answer.close()
            return
        task = asyncio.ensure_future(answer)
        self._at_work.add(task)
        try:
            await task
        except FileLedgerError as error:
            await self._say(tell, str(error), place)
        except disnake.Forbidden as error:
            log.warning(permission_words(place, error))
        except disnake.HTTPException as error:
            log.warning("Discord refused an answer", status=error.status, code=error.code, reason=error.text)
        except Exception:
            log.exception("an answer failed")
            await self._say(tell, FAILED, place)
        finally:
            self._at_work.discard(task)

    async def _say(self, tell: Callable[[str], Awaitable[Any]], text: str, place: Any) -> None:
        try:
            await tell(text)
        except disnake.Forbidden as error:
            log.warning(permission_words(place, error))
        except disnake.HTTPException as error:
            log.warning("Discord refused an answer", status=error.status, code=error.code, reason=error.text)

    def _telling(self, inter: MessageInteraction[Any]) -> Callable[[str], Awaitable[Any]]:
        async def tell(text: str) -> None:
            if inter.response.is_done():
                await inter.edit_original_response(text)
            else:
                await inter.response.send_message(text, ephemeral=True)

        return tell

    def _is_addressed(self, message: disnake.Message) -> bool:
        is_direct = message.guild is None
        return is_direct or self.user in message.mentions or str(message.channel.id) in self._channel_ids

    def _is_new(self, message_id: int) -> bool:
        """Whether a message was not met before: a resumed session may tell of one twice."""
        if message_id in self._seen:
            return False
        self._seen[message_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


def _replying(message: disnake.Message) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return what replies to a message, and still answers when its author has deleted it meanwhile."""
    return partial(message.reply, fail_if_not_exists=False)
