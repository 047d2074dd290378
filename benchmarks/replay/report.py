"""The figures in Markdown."""

from collections.abc import Iterator, Sequence

from benchmarks.page import table
from benchmarks.replay.latency import Latency
from benchmarks.replay.lengths import Length

REBUILD_GOAL, GROWTH_GOAL_MB, LATENCY_GOAL = 0.7, 256, 1.2


def lengths_table(lengths: Sequence[Length]) -> str:
    """Return a row for each length."""
    header = ["SQLite, events", "saves/s library", "ledger", "ratio", "read and decode/s library", "ledger"]
    header += ["ratio", "rebuild/s", ": read and decode", "grown MB", "documents"]
    return table(header, [_cells(each) for each in lengths])


def latency_table(latencies: Sequence[Latency]) -> str:
    """Return a row for each length of the user's ledger."""
    first = latencies[0]
    rows = [
        [
            f"{each.events:,}",
            f"{each.warm_ms:.1f}",
            f"{each.warm_ms / first.warm_ms:.2f}",
            f"{each.cold_ms:.1f}",
            f"{each.cold_ms / first.cold_ms:.2f}",
        ]
        for each in latencies
    ]
    return table(
        ["upload, events of the user", "ms", ": shortest", "first of a process ms", ": shortest"], rows
    )


def goals_table(lengths: Sequence[Length], latencies: Sequence[Latency]) -> str:
    """Return a row for each goal."""
    rows = list(_goals(lengths, latencies))
    return table(["goal", "wanted", "here", ""], rows)


def _goals(lengths: Sequence[Length], latencies: Sequence[Latency]) -> Iterator[list[str]]:
    for each in lengths:
        met = each.rebuild_ratio >= REBUILD_GOAL
        words = f"rebuild : read and decode, {each.events:,} events"
        yield [words, f">= {REBUILD_GOAL}", f"{each.rebuild_ratio:.2f}", _verdict(met=met)]
    longest = max(lengths, key=lambda each: each.events)
    words = f"memory grown by a rebuild of {longest.events:,} events, MB"
    met = longest.grown_mb <= GROWTH_GOAL_MB
    yield [words, f"<= {GROWTH_GOAL_MB}", f"{longest.grown_mb:.0f}", _verdict(met=met)]
    for later in latencies[1:]:
        for words, ratio in (
            ("upload", later.warm_ms / latencies[0].warm_ms),
            ("first upload of a process", later.cold_ms / latencies[0].cold_ms),
        ):
            shown = f"{words}, {later.events:,} events of the user : {latencies[0].events:,}"
            yield [shown, f"<= {LATENCY_GOAL}", f"{ratio:.2f}", _verdict(met=ratio <= LATENCY_GOAL)]


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"


def _cells(each: Length) -> list[str]:
    rates = [*each.saves, each.append_ratio, *each.reads, each.read_ratio, each.rebuilt, each.rebuild_ratio]
    shown = [f"{rate:,.0f}" if rate >= 10 else f"{rate:.2f}" for rate in rates]  # noqa: PLR2004  # rates and ratios
    return [f"{each.events:,}", *shown, f"{each.grown_mb:.0f}", f"{each.documents:,}"]
