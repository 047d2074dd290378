"""The one answer to a message with files: what was kept, what was not, what made room."""

from collections.abc import Sequence
from itertools import chain

import disnake

from application.upload import Receipt
from domain.files import LedgerFile
from interfaces.cli.text import size_text
from interfaces.discord.text import clipped, expiry_text, shown_name
from interfaces.discord.uploads import Outcome, Refusal
from interfaces.discord.widgets import Rows, file_buttons, file_picker

REASON_CHARACTERS = 300
EVICTED_CHARACTERS = 1_000


def upload_card(outcomes: Sequence[Outcome]) -> tuple[disnake.Embed, Rows]:
    """Return the card and its widgets for the files of one message."""
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    embed = disnake.Embed(title=_title(receipts))
    for outcome in outcomes:
        _add_field(embed, outcome)
    evicted = list(chain.from_iterable(receipt.evicted for receipt in receipts))
    if evicted:
        names = ", ".join(f"{shown_name(file.filename, 60)} (`{file.file_id}`)" for file in evicted)
        embed.add_field("Removed to make room", clipped(names, EVICTED_CHARACTERS), inline=False)
    if receipts:
        embed.set_footer(text=f"Your files: {receipts[-1].count}/{receipts[-1].limit}")
    return embed, _widgets([receipt.file for receipt in receipts])


def file_line(file: LedgerFile) -> str:
    """Return what a file is, in a line."""
    size = size_text(file.size_bytes)
    return f"{file.file_type} · {size} · `{file.file_id}` · {expiry_text(file.expires_at)}"


def file_card(file: LedgerFile) -> tuple[disnake.Embed, Rows]:
    """Return the card of one file."""
    return disnake.Embed(title=shown_name(file.filename), description=file_line(file)), file_buttons(
        file.file_id
    )


def _title(receipts: Sequence[Receipt]) -> str:
    if not receipts:
        return "Nothing was saved"
    return "Saved" if len(receipts) == 1 else f"Saved {len(receipts)} files"


def _add_field(embed: disnake.Embed, outcome: Outcome) -> None:
    if isinstance(outcome, Refusal):
        reason = f"not saved: {outcome.reason}"
        embed.add_field(shown_name(outcome.filename), clipped(reason, REASON_CHARACTERS), inline=False)
    else:
        embed.add_field(shown_name(outcome.file.filename), file_line(outcome.file), inline=False)


def _widgets(files: Sequence[LedgerFile]) -> Rows:
    if not files:
        return []
    return file_buttons(files[0].file_id) if len(files) == 1 else file_picker(files)
