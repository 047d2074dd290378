"""The bot as a program of its own on a full house: how soon it is there, and what memory it takes."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chat.findings import Findings, find
from benchmarks.chat.hour import Plan, pass_hour
from benchmarks.chat.house import House, house
from benchmarks.load.furnishing import Size
from benchmarks.process_tree import Process, processes_of
from infrastructure.views.guarded_server import GuardedServer

SAMPLE_S = 1.0


@dataclass(frozen=True)
class Memory:
    """Proportional shares in MB: the bot's process, the sandbox's (zygote, spares, runs), MongoDB's."""

    bot_mb: float
    sandbox_mb: float
    mongodb_mb: float

    @property
    def own_mb(self) -> float:
        """All that the program takes, but for the MongoDB server."""
        return self.bot_mb + self.sandbox_mb


@dataclass
class Bot:
    """What was measured of it."""

    starts_s: Sequence[float] = ()
    idle: Memory | None = None
    peak: list[Memory] = field(default_factory=list)
    after: Memory | None = None
    findings: Findings | None = None

    @property
    def start_s(self) -> float:
        """The median of its starts."""
        return statistics.median(self.starts_s)


def measure_bot(folder: Path, size: Size, starts: int, chat: Plan, idle_s: float) -> Bot:
    """Start the bot so often, leave it idle then, let people chat with it, leave it idle again."""
    bot, starts_s = Bot(), list[float]()
    for _ in range(starts - 1):
        with house(folder, environment=size.environment) as there:
            starts_s.append(there.start_s)
    with house(folder, environment=size.environment) as there:
        bot.starts_s = [*starts_s[1:], there.start_s]  # the first one fills the caches of the disk
        time.sleep(idle_s)
        bot.idle = memory_of(there, folder)
        with _sampled(there, folder, bot.peak):
            hour = pass_hour(there, chat)
        time.sleep(idle_s)
        bot.after = memory_of(there, folder)
    bot.findings = find(hour, there, folder / "data")
    return bot


def memory_of(there: House, folder: Path) -> Memory:
    """Return what is taken now."""
    bot, *others = processes_of(there.pid)
    return Memory(bot.pss_mb, _sum_mb(others), mongodb_mb(folder / "data"))


def mongodb_mb(data_dir: Path) -> float:
    """Return what the embedded MongoDB server takes, 0 where there is none."""
    state = GuardedServer(data_dir / "mongodb", data_dir / "none").state
    return _sum_mb(processes_of(int(state["guard_pid"]))) if "guard_pid" in state else 0.0


def _sum_mb(processes: Sequence[Process]) -> float:
    return sum(process.pss_mb for process in processes)


@contextmanager
def _sampled(there: House, folder: Path, samples: list[Memory]) -> Iterator[None]:
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_S):
            samples.append(memory_of(there, folder))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
