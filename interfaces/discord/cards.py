"""Cards: the one answer to a message with files, and what is shown of a single file."""

from collections.abc import Sequence
from itertools import chain

import disnake

from application.upload import Receipt
from domain.files import LedgerFile
from interfaces.discord.text import clipped, count_text, expiry_text, shown_name
from interfaces.discord.uploads import Outcome, Refusal
from interfaces.discord.widgets import Rows, card_buttons, file_buttons, file_picker
from interfaces.discord.words import ENGLISH, Words
from interfaces.sizes import size_text

REASON_CHARACTERS = 300
EVICTED_CHARACTERS = 1_000


def upload_card(outcomes: Sequence[Outcome], words: Words = ENGLISH) -> tuple[disnake.Embed, Rows]:
    """Return the card and its widgets for the files of one message."""
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    embed = disnake.Embed(title=_title(receipts, words))
    for outcome in outcomes:
        _add_field(embed, outcome, words)
    evicted = list(chain.from_iterable(receipt.evicted for receipt in receipts))
    if evicted:
        names = ", ".join(f"{shown_name(file.filename, 60)} (`{file.file_id}`)" for file in evicted)
        embed.add_field(words("REMOVED"), clipped(names, EVICTED_CHARACTERS), inline=False)
    if receipts:
        embed.set_footer(text=count_text(receipts[-1], words))
    return embed, _widgets([receipt.file for receipt in receipts], words)


def file_line(file: LedgerFile, words: Words = ENGLISH) -> str:
    """Return what a file is, in a line."""
    size = size_text(file.size_bytes)
    return f"{file.file_type} · {size} · `{file.file_id}` · {expiry_text(file.expires_at, words)}"


def file_card(file: LedgerFile, words: Words) -> tuple[disnake.Embed, Rows]:
    """Return the card of one file."""
    embed = disnake.Embed(title=shown_name(file.filename), description=file_line(file, words))
    return embed, card_buttons(file.file_id, words)


def _title(receipts: Sequence[Receipt], words: Words) -> str:
    if not receipts:
        return words("SAVED_NOTHING")
    return words("SAVED") if len(receipts) == 1 else words("SAVED_MANY", count=len(receipts))


def _add_field(embed: disnake.Embed, outcome: Outcome, words: Words) -> None:
    if isinstance(outcome, Refusal):
        reason = words("NOT_SAVED", reason=words.error(outcome.error))
        embed.add_field(shown_name(outcome.filename), clipped(reason, REASON_CHARACTERS), inline=False)
    else:
        embed.add_field(shown_name(outcome.file.filename), file_line(outcome.file, words), inline=False)


def _widgets(files: Sequence[LedgerFile], words: Words) -> Rows:
    if not files:
        return []
    return file_buttons(files[0].file_id, words) if len(files) == 1 else file_picker(files, words)
