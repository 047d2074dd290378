"""The figures in Markdown."""

from collections.abc import Iterator, Sequence

from benchmarks.page import table
from benchmarks.replay.latency import Latency
from benchmarks.replay.lengths import Length

REBUILD_GOAL, SAVE_GOAL, LATENCY_GOAL = 0.7, 0.8, 1.2
GROWTH_GOAL_MB = 256


def lengths_table(lengths: Sequence[Length]) -> str:
    """Return a row for each database and length."""
    header = ["database, events", "saves/s library", "ledger", "ratio", "command ratio"]
    header += ["read and decode/s library", "ledger", "ratio"]
    header += ["rebuild/s", ": read and decode", "grown MB", "documents"]
    return table(header, [_cells(each) for each in lengths])


def latency_table(latencies: Sequence[Latency]) -> str:
    """Return a row for each database and length of the user's ledger."""
    rows = [
        [
            f"{each.kind}, {each.events:,}",
            f"{each.warm_ms:.1f}",
            f"{each.warm_ms / first.warm_ms:.2f}",
            f"{each.cold_ms:.1f}",
            f"{each.cold_ms / first.cold_ms:.2f}",
        ]
        for first, each in _beside_the_shortest(latencies)
    ]
    return table(
        ["upload, events of the user", "ms", ": shortest", "first of a process ms", ": shortest"], rows
    )


def _beside_the_shortest(latencies: Sequence[Latency]) -> Iterator[tuple[Latency, Latency]]:
    """Yield the latency at the same database's shortest length, and each."""
    for each in latencies:
        same = (other for other in latencies if other.kind == each.kind)
        yield min(same, key=lambda other: other.events), each


def goals_table(lengths: Sequence[Length], latencies: Sequence[Latency]) -> str:
    """Return a row for each goal."""
    rows = list(_goals(lengths, latencies))
    return table(["goal", "wanted", "here", ""], rows)


def _goals(lengths: Sequence[Length], latencies: Sequence[Latency]) -> Iterator[list[str]]:
    longest = max(each.events for each in lengths)
    for each in lengths:
        words = f"rebuild : read and decode, {each.kind}, {each.events:,} events"
        yield _at_least(words, REBUILD_GOAL, each.rebuild_ratio)
    for each in lengths:
        if each.events == longest:
            words = f"memory grown by a rebuild of {each.events:,} events, {each.kind}, MB"
            met = each.grown_mb <= GROWTH_GOAL_MB
            yield [words, f"<= {GROWTH_GOAL_MB}", f"{each.grown_mb:.0f}", _verdict(met=met)]
            yield _at_least(f"command and save : bare save, {each.kind}", SAVE_GOAL, each.command_ratio)
    for first, later in _beside_the_shortest(latencies):
        if first is not later:
            yield from _upload_goals(first, later)


def _upload_goals(first: Latency, later: Latency) -> Iterator[list[str]]:
    for words, ratio in (
        ("upload", later.warm_ms / first.warm_ms),
        ("first upload of a process", later.cold_ms / first.cold_ms),
    ):
        shown = f"{words}, {later.kind}, {later.events:,} events of the user : {first.events:,}"
        yield [shown, f"<= {LATENCY_GOAL}", f"{ratio:.2f}", _verdict(met=ratio <= LATENCY_GOAL)]


def _at_least(words: str, wanted: float, ratio: float) -> list[str]:
    return [words, f">= {wanted}", f"{ratio:.2f}", _verdict(met=ratio >= wanted)]


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"


def _cells(each: Length) -> list[str]:
    rates = [*each.saves, each.append_ratio, each.command_ratio, *each.reads, each.read_ratio]
    rates += [each.rebuilt, each.rebuild_ratio]
    shown = [f"{rate:,.0f}" if rate >= 10 else f"{rate:.2f}" for rate in rates]  # noqa: PLR2004  # rates and ratios
    return [f"{each.kind}, {each.events:,}", *shown, f"{each.grown_mb:.0f}", f"{each.documents:,}"]
