"""Making text that strangers wrote fit for a Discord message."""

from datetime import datetime

import disnake

from application.files import Listing
from application.upload import Receipt
from interfaces.discord.words import ENGLISH, Words

MESSAGE_CHARACTERS = 2_000
FENCE = "```"
_ZERO_WIDTH = "\u200b"


def shown_name(name: str, most: int = 100) -> str:
    """Return a file's name without effect as markup or mention, cut to `most` characters."""
    shown = plain(name)
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip(chr(92))}…"


def clipped(text: str, most: int) -> str:
    """Return a text of at most `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def fenced(text: str, language: str = "") -> str:
    """Return a text as a block of code that it cannot leave."""
    return f"{FENCE}{language}\n{without_fences(text)}\n{FENCE}"


def without_fences(text: str) -> str:
    """Return a text that neither opens nor closes a block, and looks the same."""
    return text.replace("``", f"`{_ZERO_WIDTH}`")


def small(text: str) -> str:
    """Return one line in small print."""
    return f"-# {' '.join(text.split())}"


def plain(text: str) -> str:
    """Return a text without effect as markup or mention."""
    return disnake.utils.escape_mentions(disnake.utils.escape_markdown(text))


def count_text(held: Listing | Receipt, words: Words) -> str:
    """Return how many files somebody has; what runs have made is said apart, as it counts apart."""
    uploads = words("COUNT", count=held.count, limit=held.limit)
    return f"{uploads} · {words('GENERATED', count=held.generated)}" if held.generated else uploads


def expiry_text(expires_at: datetime | None, words: Words = ENGLISH) -> str:
    """Return when a file leaves, in each reader's own time."""
    if expires_at is None:
        return words("KEPT")
    return words("EXPIRES", when=f"<t:{int(expires_at.timestamp())}:R>")
