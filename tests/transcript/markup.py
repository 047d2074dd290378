"""Discord's Markdown as HTML."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")
_SMALL = re.compile(r"(?m)(?:(?<=<p>)|^)-# (.*?)(?=<br />|</p>|$)")
_MENTION = re.compile(r"&lt;@!?(\d+)&gt;")
_TIME = re.compile(r"&lt;t:(\d+)(?::(\w))?&gt;")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def html_of(text: str, name_of: Callable[[str], str], now: datetime) -> str:
    """Return a text as Discord shows it; `name_of` tells whom an id means."""
    shown = _MARKDOWN.render(text)
    shown = _SMALL.sub(r"<small>\1</small>", shown)
    shown = _MENTION.sub(lambda found: f'<span class="mention">@{escape(name_of(found[1]))}</span>', shown)
    return _TIME.sub(lambda found: f'<span class="time">{_when(found, now)}</span>', shown)


def _when(found: re.Match[str], now: datetime) -> str:
    moment = datetime.fromtimestamp(int(found[1]), UTC)
    if found[2] == "R":
        return _relative((moment - now).total_seconds())
    return f"{moment:%d %B %Y %H:%M}"


def _relative(seconds: float) -> str:
    size = abs(seconds)
    unit, size_s = next((each for each in _UNITS if size >= each[1] * 0.99), _UNITS[-1])
    count = round(size / size_s)
    words = f"{count} {unit}{'s' * (count != 1)}"
    return f"in {words}" if seconds > 0 else f"{words} ago"
