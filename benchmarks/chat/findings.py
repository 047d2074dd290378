"""What the hour shows: times, and what is lost, doubled or unanswered."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chat.acts import Act, Visitor
from benchmarks.chat.hour import Hour
from benchmarks.chat.house import House
from domain.events import ExecutionFinished, ExecutionStarted, FileDeleted, FileUploaded
from domain.ledger import UserLedger
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore

GOAL_S = 1.0


@dataclass(frozen=True)
class Findings:
    """All figures. `mistakes` is a line for each thing that must not be."""

    rows: Sequence[Sequence[str]]
    reactions_s: Sequence[float]
    lateness_s: Sequence[float]
    mistakes: Sequence[str]
    notes: Sequence[str]

    @property
    def p95_s(self) -> float:
        """How long nothing was to be seen, at most, for 95 of 100 acts while the bot was there."""
        return percentile(self.reactions_s, 95)


def find(hour: Hour, house: House, data_dir: Path) -> Findings:
    """Return what the hour shows, with the ledger that the bot has left behind."""
    there = [act for act in hour.acts if not house.was_away(act.began_s, _seen_s(act))]
    away = [act for act in hour.acts if house.was_away(act.began_s, _seen_s(act))]
    rows = [_row(what, [act for act in there if act.what == what]) for what in hour.plan.acts]
    rows += [_row("all", there), _row("while the bot was away", away)]
    reactions_s = [act.reaction_s for act in there if act.reaction_s is not None]
    mistakes = [*_unanswered(hour, house), *_faults(hour), *_in_ledgers(hour.visitors, data_dir)]
    return Findings(rows, reactions_s, house.lateness_s(), mistakes, _notes(hour, house))


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value that `share` of 100 do not exceed; 0 of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, len(ranked) * share // 100)] if ranked else 0.0


def _seen_s(act: Act) -> float:
    return act.began_s + (act.reaction_s if act.reaction_s is not None else float("inf"))


def _row(name: str, acts: Sequence[Act]) -> list[str]:
    seen = [act.reaction_s for act in acts if act.reaction_s is not None]
    whole = [act.ended_s - act.began_s for act in acts if act.ended_s is not None]
    times = (percentile(seen, 50), percentile(seen, 95), max(seen, default=0.0), percentile(whole, 95))
    return [name, str(len(acts)), *(f"{time_s:.2f}" for time_s in times)]


def _notes(hour: Hour, house: House) -> list[str]:
    tried = sum(act.tries > 1 for act in hour.acts)
    cut_off = sum(act.cut_off for act in hour.acts)
    outages = ", ".join(f"{back - gone:.1f} s" for gone, back in house.outages) or "none"
    files = sum(len(visitor.sent) for visitor in hour.visitors)
    return [
        f"{len(hour.acts)} acts of {hour.plan.people} people in {hour.took_s:.0f} s, with {files} files.",
        f"The bot was away: {outages}; {len(house.killed_s)} of these by `kill -9`.",
        f"{tried} commands and clicks were done again: no response, or ({cut_off}) a restart in the middle.",
    ]


# -- what must not be ------------------------------------------------------------


def _unanswered(hour: Hour, house: House) -> Iterator[str]:
    for act in hour.unfinished:
        when = (
            "while the bot was away" if house.was_away(act.began_s, act.began_s + 1) else "while it was there"
        )
        yield f"unanswered: {act.what} of {act.user_id}, begun {when}"
    for code in house.exit_codes:
        if code not in {0, -9}:
            yield f"the bot ended with {code}"


def _faults(hour: Hour) -> Iterator[str]:
    for act in hour.acts:
        yield from (f"{act.what} of {act.user_id}: {fault}" for fault in act.faults)


def _in_ledgers(visitors: Sequence[Visitor], data_dir: Path) -> Iterator[str]:
    store = SQLiteLedgerStore(data_dir / "ledger" / "ledger.db", KeyFolder(data_dir / "keys"))
    try:
        for visitor in visitors:
            user_id = visitor.person.user.id
            stream = store.stream(UserLedger.create_id(user_id))
            yield from (f"{user_id}: {line}" for line in _in_ledger(visitor, [item.event for item in stream]))
    finally:
        store.close()


def _in_ledger(visitor: Visitor, events: Sequence[object]) -> Iterator[str]:
    uploads = [event for event in events if isinstance(event, FileUploaded)]
    kept = Counter(event.source.rpartition(":")[2] for event in uploads)
    for attachment_id, name in visitor.sent.items():
        if kept[attachment_id] != 1:
            yield f"{name} was sent once and is recorded {kept[attachment_id]} times"
    names = {event.file_id: event.filename for event in uploads}
    gone = {names.get(event.file_id, "") for event in events if isinstance(event, FileDeleted)}
    if gone - visitor.deleted:
        yield f"{gone - visitor.deleted} was deleted by nobody"
    started = Counter(event.execution_id for event in events if isinstance(event, ExecutionStarted))
    ended = Counter(event.execution_id for event in events if isinstance(event, ExecutionFinished))
    if started != ended:
        yield "a run has no end, or two"
