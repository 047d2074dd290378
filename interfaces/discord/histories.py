"""`/history` and `/audit`: what happened, in words, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import disnake

from application.audit import History, Why
from domain.events import (
    ExecutionFinished,
    ExecutionStarted,
    FileEvicted,
    FileRecorded,
    HistoryImported,
    HistoryRead,
    HoldPlaced,
    HoldReleased,
    LedgerEvent,
    TurnFinished,
)
from domain.metadata import user_actor
from domain.retention import EvictionRule
from domain.why import FileState
from interfaces.discord.file_list import turn_buttons
from interfaces.discord.text import clipped, expiry_text, shown_name
from interfaces.discord.widgets import Rows
from interfaces.discord.words import Words
from interfaces.sizes import size_text

PREFIX = "history"
PAGE_EVENTS = 15
MAX_DIGITS = 9  # of a number that somebody may have forged
NAME_CHARACTERS = 60
CODE_CHARACTERS = 60
REASON_CHARACTERS = 100
OWN = ""


@dataclass(frozen=True)
class HistoryPage:
    """A page of events: those before a sequence, of the user who asks or, for operators, of another."""

    before: int | None = None
    user_id: str = OWN

    @property
    def custom_id(self) -> str:
        """The page as a button carries it."""
        return f"{PREFIX}:{self.before}:{self.user_id}"

    @classmethod
    def of(cls, custom_id: str | None) -> "HistoryPage | None":
        """Return the page of a custom id; None when it is none of ours."""
        prefix, _, rest = (custom_id or "").partition(":")
        before, _, user_id = rest.partition(":")
        is_ours = prefix == PREFIX and before.isascii() and before.isdecimal() and len(before) <= MAX_DIGITS
        return cls(int(before), user_id) if is_ours else None


@dataclass(frozen=True)
class Past:
    """A page of a history, the names of the files in it by id, and the newest sequence of all.

    With a `file_id` only what is about that file; `is_audit` when it is another user's.
    """

    page: History
    names: Mapping[str, str]
    last: int
    file_id: str | None = None
    is_audit: bool = False


def history_card(past: Past, words: Words) -> tuple[disnake.Embed, Rows]:
    """Return the events of a page, the newest first, and the buttons that turn it."""
    owner_id, events = past.page.user_id, past.page.events
    lines = [_line(recorded.event, owner_id, past.names, words) for recorded in reversed(events)]
    embed = disnake.Embed(title=_title(past, words), description="\n".join(lines) or words("NO_EVENTS"))
    if past.is_audit:
        embed.set_footer(text=words("AUDIT_NOTE"))
    is_whole = past.file_id is not None or not events
    return embed, [] if is_whole else _page_buttons(past, words)


def why_card(why: Why, owner_id: str, words: Words) -> disnake.Embed:
    """Return why a file is there or gone: what made it so, in order."""
    events = [recorded.event for recorded in why.because]
    names = {event.file_id: event.filename for event in events if isinstance(event, FileRecorded)}
    own = [
        event
        for event in events
        if isinstance(event, ExecutionStarted) or getattr(event, "file_id", None) == why.file_id
    ]
    lines = [_line(event, owner_id, names, words) for event in own]
    if why.state is FileState.LIVE and (recorded := _recorded(own)) is not None:
        lines.append(words("STILL_THERE", expiry=expiry_text(recorded.expires_at, words)))
    state = words(f"STATE_{why.state}")
    title = f"{shown_name(names.get(why.file_id, why.file_id))}: {state}"
    return disnake.Embed(title=title, description="\n".join(lines))


def _recorded(events: Sequence[LedgerEvent]) -> FileRecorded | None:
    return next((event for event in events if isinstance(event, FileRecorded)), None)


def _title(past: Past, words: Words) -> str:
    if past.file_id is not None:
        return words("HISTORY_OF", name=shown_name(past.names.get(past.file_id, past.file_id)))
    return words("HISTORY_OF", name=past.page.user_id) if past.is_audit else words("HISTORY_TITLE")


def _page_buttons(past: Past, words: Words) -> Rows:
    events, owner_id = past.page.events, past.page.user_id if past.is_audit else OWN
    first, end = events[0].event.originator_version, events[-1].event.originator_version
    older = HistoryPage(first, owner_id).custom_id if first > 1 else None
    newer = (
        HistoryPage(min(end + PAGE_EVENTS, past.last) + 1, owner_id).custom_id if end < past.last else None
    )
    return [turn_buttons(newer, older, words)] if older or newer else []


def _line(event: LedgerEvent, owner_id: str, names: Mapping[str, str], words: Words) -> str:
    what = words(f"EVENT_{event.TOPIC}", **_facts(event, names, words))
    if event.actor.startswith("admin:") and not isinstance(event, HistoryRead):
        what = words("BY", what=what, who=words("AN_OPERATOR"))
    elif event.actor.startswith("user:") and event.actor != user_actor(owner_id):
        what = words("BY", what=what, who=clipped(event.actor, NAME_CHARACTERS))
    return f"<t:{int(event.timestamp.timestamp())}:f> {what}"


def _facts(event: LedgerEvent, names: Mapping[str, str], words: Words) -> dict[str, object]:
    """Return what the sentence about an event names."""
    facts: dict[str, object] = {"file": _name(getattr(event, "file_id", None) or "", names)}
    match event:
        case FileRecorded():
            facts["size"] = size_text(event.size_bytes)
        case FileEvicted():
            facts |= {"other": _name(event.displaced_by, names), "limit": _limit(event, words)}
        case ExecutionStarted() | ExecutionFinished():
            facts = _facts_of_run(event, words)
        case HistoryRead():
            who = event.actor.partition(":")[2]
            reader = f"<@{who}>" if who.isdecimal() else shown_name(who, NAME_CHARACTERS)
            facts |= {"first": event.first_sequence, "last": event.last_sequence, "reader": reader}
        case HoldPlaced() | HoldReleased():
            facts["reason"] = shown_name(event.reason, REASON_CHARACTERS)
        case HistoryImported():
            facts["events"] = event.events
        case TurnFinished():
            tokens = f"{event.input_tokens + event.output_tokens:,}"
            facts |= {"model": shown_name(event.model, NAME_CHARACTERS), "tokens": tokens}
    return facts


def _facts_of_run(event: ExecutionStarted | ExecutionFinished, words: Words) -> dict[str, object]:
    if isinstance(event, ExecutionStarted):
        return {"code": _first_line(event.code)}
    outcome = words(f"OUTCOME_{event.outcome}")
    return {"outcome": outcome, "seconds": f"{event.duration_ms / 1000:.1f}"}


def _name(file_id: str, names: Mapping[str, str]) -> str:
    return f"**{shown_name(names[file_id], NAME_CHARACTERS)}**" if file_id in names else f"`{file_id}`"


def _limit(event: FileEvicted, words: Words) -> str:
    limit = size_text(event.limit) if event.rule is EvictionRule.MAX_BYTES else event.limit
    return words(f"LIMIT_{event.rule}", limit=limit)


def _first_line(code: str) -> str:
    lines = [line.strip() for line in code.splitlines() if line.strip()]
    shown = clipped(lines[0] if lines else "", CODE_CHARACTERS).replace("`", "'")
    return f"`{shown}`" if shown else "–"
