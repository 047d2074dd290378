"""`/files`: a page of one's files, and the choice of one of them."""

import math
from dataclasses import dataclass
from datetime import datetime

import disnake

from application.files import Listing
from domain.files import LedgerFile
from interfaces.discord.text import clipped, count_text, expiry_text, shown_name
from interfaces.discord.widgets import MAX_OPTIONS, OPTION_CHARACTERS, Rows, file_picker
from interfaces.discord.words import Words
from interfaces.sizes import size_text

PREFIX = "files"
MAX_DIGITS = 6  # of a number that somebody may have forged
NAME_CHARACTERS = 60
TYPE_CHARACTERS = 30
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


@dataclass(frozen=True)
class FilesPage:
    """Which page of the list a button turns to, from 0."""

    number: int

    @property
    def custom_id(self) -> str:
        """The page as a button carries it."""
        return f"{PREFIX}:{self.number}"

    @classmethod
    def of(cls, custom_id: str | None) -> "FilesPage | None":
        """Return the page of a custom id; None when it is none of ours."""
        prefix, _, number = (custom_id or "").partition(":")
        is_ours = prefix == PREFIX and number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS
        return cls(int(number)) if is_ours else None


def files_card(listing: Listing, wanted: FilesPage, words: Words) -> tuple[disnake.Embed, Rows]:
    """Return a page of a list, the newest files first, with its widgets; the last page for those after it."""
    embed = disnake.Embed(title=count_text(listing, words))
    if not listing.files:
        embed.description = words("NO_FILES")
        return embed, []
    pages = math.ceil(len(listing.files) / MAX_OPTIONS)
    number = min(wanted.number, pages - 1)
    newest_first = listing.files[::-1]
    shown = newest_first[number * MAX_OPTIONS : (number + 1) * MAX_OPTIONS]
    embed.description = "\n".join(_line(file, words) for file in shown)
    rows = file_picker(shown[::-1], words)
    if pages > 1:
        embed.set_footer(text=words("PAGE", page=number + 1, pages=pages))
        rows.append(turn_buttons(_id(number - 1, pages), _id(number + 1, pages), words))
    return embed, rows


def turn_buttons(newer_id: str | None, older_id: str | None, words: Words) -> Rows:
    """Return the buttons that turn pages; one without an id leads nowhere."""
    return [
        disnake.ui.Button(
            label=words("NEWER"), custom_id=newer_id or "turn:newer", disabled=newer_id is None
        ),
        disnake.ui.Button(
            label=words("OLDER"), custom_id=older_id or "turn:older", disabled=older_id is None
        ),
    ]


def choice_of(file: LedgerFile, now: datetime, words: Words) -> disnake.OptionChoice:
    """Return what autocomplete proposes for a file: name, size and age, and as its value the id."""
    facts = f" · {size_text(file.size_bytes)} · {age_text(file.uploaded_at, now, words)}"
    return disnake.OptionChoice(clipped(file.filename, OPTION_CHARACTERS - len(facts)) + facts, file.file_id)


def age_text(since: datetime, now: datetime, words: Words) -> str:
    """Return `5 min ago`, in the largest unit that fits."""
    seconds = max(0, int((now - since).total_seconds()))
    unit, size_s = next(((unit, size_s) for unit, size_s in _UNITS if seconds >= size_s), ("s", 1))
    return words(f"AGO_{unit}", n=seconds // size_s)


def _id(number: int, pages: int) -> str | None:
    return FilesPage(number).custom_id if 0 <= number < pages else None


def _line(file: LedgerFile, words: Words) -> str:
    origin = "" if file.is_upload else f" · {words('MADE_BY_RUN')}"
    kind, size = clipped(file.file_type, TYPE_CHARACTERS), size_text(file.size_bytes)
    when = f"<t:{int(file.uploaded_at.timestamp())}:f>"
    name = shown_name(file.filename, NAME_CHARACTERS)
    return f"**{name}** · {kind} · {size} · {when} · {expiry_text(file.expires_at, words)}{origin}"
