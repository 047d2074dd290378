"""The figures in Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.load.bot import Bot, Memory
from benchmarks.load.due import LIST_BEFORE, LIST_DURING, UPLOAD_BEFORE, UPLOAD_DURING, Expiries
from benchmarks.load.waits import ALL, LIST, RECEIPT, Waits
from benchmarks.page import Goal, goals_table, table

READ_GOAL_MS, COPY_GOAL, IDLE_GOAL_MB, START_GOAL_S = 20, 0.7, 200, 3
SHOWN = 10


@dataclass(frozen=True)
class Results:
    """All that was measured. `copied_ms` and `uploaded_ms` are of the same 10 MB."""

    bot: Bot
    waits: Waits
    copied_ms: float
    uploaded_ms: float
    expiries: Expiries


def report(results: Results) -> str:
    """Return tables and goals."""
    return "\n\n".join(
        [
            waits_table(results.waits),
            memory_table(results.bot),
            _sentences(results),
            goals_table(goals(results)),
            *_mistakes(results),
        ]
    )


def waits_table(waits: Waits) -> str:
    """Return a row for each thing that people do."""
    names = [*ALL, UPLOAD_BEFORE, UPLOAD_DURING, LIST_BEFORE, LIST_DURING]
    return table(
        ["", "times", "p50 ms", "p95 ms", "p99 ms", "longest ms"], [waits.row(name) for name in names]
    )


def memory_table(bot: Bot) -> str:
    """Return a row for each moment."""
    rows = [("idle, after its start", bot.idle), ("idle, after the chat", bot.after)]
    if bot.peak:
        rows.insert(1, ("most, in a chat of people", max(bot.peak, key=lambda memory: memory.own_mb)))
    header = ["memory, MB", "bot", "sandbox: zygote, spares, runs", "both", "MongoDB server"]
    return table(header, [[name, *_cells(memory)] for name, memory in rows if memory])


def goals(results: Results) -> Iterator[Goal]:
    """Yield each goal beside its figure."""
    for what in (LIST, RECEIPT):
        p95_ms = results.waits.p95_ms(what)
        yield Goal(f"{what}, p95 ms", f"<= {READ_GOAL_MS}", f"{p95_ms:.1f}", p95_ms <= READ_GOAL_MS)
    ratio = results.copied_ms / results.uploaded_ms
    words = "speed of a 10 MB upload : copying, hashing and fsyncing it"
    yield Goal(words, f">= {COPY_GOAL}", f"{ratio:.2f}", ratio >= COPY_GOAL)
    if (idle := results.bot.idle) is not None:
        words = "memory of the idle bot with zygote and spares, MB"
        yield Goal(words, f"<= {IDLE_GOAL_MB}", f"{idle.own_mb:.0f}", idle.own_mb <= IDLE_GOAL_MB)
    start_s = results.bot.start_s
    yield Goal(
        "warm start until people can write, s",
        f"<= {START_GOAL_S}",
        f"{start_s:.1f}",
        start_s <= START_GOAL_S,
    )
    wrong = len(results.expiries.mistakes)
    words = f"of {results.expiries.files:,} files due at one second, lost, doubled or left"
    yield Goal(words, "0", str(wrong), wrong == 0)


def _cells(memory: Memory) -> list[str]:
    figures = (memory.bot_mb, memory.sandbox_mb, memory.own_mb, memory.mongodb_mb)
    return [f"{figure:.0f}" for figure in figures]


def _sentences(results: Results) -> str:
    due, starts = results.expiries, ", ".join(f"{start_s:.1f}" for start_s in results.bot.starts_s)
    return (
        f"{due.files:,} files due at the same second: all recorded as expired after {due.expired_s:.1f} s, "
        f"all bytes gone and recorded as purged after {due.purged_s:.1f} s.\n"
        f"10 MB: copied, hashed and fsynced in {results.copied_ms:.0f} ms, uploaded in "
        f"{results.uploaded_ms:.0f} ms (medians of turns). Warm starts: {starts} s."
    )


def _mistakes(results: Results) -> Sequence[str]:
    found = [*results.expiries.mistakes, *(results.bot.findings.mistakes if results.bot.findings else ())]
    return ["\n".join([f"{len(found)} mistakes:", *(f"- {line}" for line in found[:SHOWN])])] if found else []
