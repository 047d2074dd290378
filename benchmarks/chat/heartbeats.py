"""How even the bot's heartbeats stay while twenty people run code that takes all it can get."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chat.findings import percentile
from benchmarks.chat.house import house
from tests.support.discord_server import Message
from tests.support.lateness import sleeper

PEOPLE = 20
BEAT_S = 0.1
CODE = """
import time
until = time.monotonic() + 3
while time.monotonic() < until:
    sum(range(10**5))
print("done")
"""
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Evenness:
    """How far from its time each heartbeat came, and how late a process woke that only slept, in seconds."""

    jitters_s: Sequence[float]
    sleeper_s: Sequence[float]

    def line(self, name: str) -> str:
        """Return the figures in a line."""
        return f"{name}: {_figures(self.jitters_s)}; a process that only slept: {_figures(self.sleeper_s)}."


def evenness(folder: Path, runs_at_once: int | None = None) -> Evenness:
    """Have everybody run code at the same time, and return how even the heartbeats were meanwhile.

    The bot decides how many runs go on at once, unless `runs_at_once` is given.
    """
    settings = {} if runs_at_once is None else {"SANDBOX_MAX_RUNS": str(runs_at_once)}
    with house(folder, heartbeat_s=BEAT_S, environment=settings) as there:
        people = [there.discord.person(f"runner-{number}") for number in range(PEOPLE)]
        forms = [person.slash("run") for person in people]
        for form in forms:
            form.modal(PATIENCE_S)
        began_s = time.monotonic()
        with sleeper() as late_s:
            written = {"code": CODE}
            replies = [person.submit(form, written) for person, form in zip(people, forms, strict=True)]
            for reply in replies:
                reply.message(_is_done, timeout_s=PATIENCE_S)
        return Evenness(there.lateness_s(since_s=began_s), late_s)


def _figures(values_s: Sequence[float]) -> str:
    p50, p95 = (percentile(values_s, share) * 1000 for share in (50, 95))
    return f"{p50:.0f} ms (p50), {p95:.0f} ms (p95), {max(values_s, default=0) * 1000:.0f} ms at most"


def _is_done(message: Message) -> bool:
    return "done" in message.text
