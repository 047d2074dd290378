"""How long people wait: percentiles of what they do, by the use cases over the program's own wiring."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.chat.findings import percentile
from benchmarks.page import BenchmarkError
from interfaces.wiring import Wiring

CONTENT = b"a,b\n1,2\n" * 500
HISTORY_EVENTS = 100
CODE = "print(6 * 7)"

UPLOAD, LIST, LIST_AFTER = "upload of 4 kB", "list", "list right after one's upload"
RECEIPT, HISTORY, RUN = "receipt read", "history", "run"
ALL = (UPLOAD, LIST_AFTER, LIST, RECEIPT, HISTORY, RUN)

T = TypeVar("T")


@dataclass
class Waits:
    """Milliseconds that each of many took, by what was done."""

    taken_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def timed(self, what: str, act: Callable[[], T]) -> T:
        """Do something, and note how long it took."""
        began = time.perf_counter()
        result = act()
        self.taken_ms[what].append((time.perf_counter() - began) * 1000)
        return result

    def row(self, what: str) -> list[str]:
        """Return the cells: how often, p50, p95, p99, longest."""
        times = self.taken_ms[what]
        shown = [percentile(times, 50), percentile(times, 95), percentile(times, 99), max(times, default=0.0)]
        return [what, str(len(times)), *(f"{value:.1f}" for value in shown)]

    def p95_ms(self, what: str) -> float:
        """Return what 95 of 100 do not exceed."""
        return percentile(self.taken_ms[what], 95)


class Crowd:
    """Users who do one thing after the other, drawn anew each time."""

    def __init__(self, wiring: Wiring, user_ids: Sequence[str], seed: int = 1) -> None:
        self._wiring, self._user_ids, self._draws = wiring, user_ids, random.Random(seed)
        self._sources = 0
        self.waits = Waits()
        self.uploaded: dict[str, str] = {}

    def upload(self, what: str = UPLOAD) -> tuple[str, str]:
        """Upload; return who did, and the delivery's name."""
        user_id, source = self._draw(), f"load:{time.monotonic_ns()}"
        keep = self._wiring.upload
        receipt = self.waits.timed(what, lambda: keep(user_id, "data.csv", [CONTENT], source=source))
        self.uploaded[receipt.file.file_id] = user_id
        return user_id, source

    def look(self, what: str = LIST, user_id: str = "") -> None:
        """List the files of a user, or of somebody."""
        user_id = user_id or self._draw()
        self.waits.timed(what, lambda: self._wiring.list_files(user_id))

    def receive_again(self, user_id: str, source: str) -> None:
        """Read the receipt of a delivery that was taken before, as a message told twice does."""
        keep = self._wiring.upload
        self.waits.timed(RECEIPT, lambda: keep(user_id, "data.csv", [CONTENT], source=source))

    def look_back(self) -> None:
        """Read the newest page of somebody's history."""
        user_id = self._draw()
        self.waits.timed(HISTORY, lambda: self._wiring.history.newest(user_id, HISTORY_EVENTS))

    def run(self) -> None:
        """Run code."""
        user_id = self._draw()
        execution = self.waits.timed(RUN, lambda: self._wiring.run_code(user_id, CODE))
        if execution.stdout != "42\n":
            message = f"a run {execution.outcome}: {execution.explanation} {execution.stderr}"
            raise BenchmarkError(message)

    def _draw(self) -> str:
        return self._draws.choice(self._user_ids)


def keep_busy(crowd: Crowd, rounds: int) -> None:
    """Have the crowd do everything in turns, so many times.

    Raises:
        BenchmarkError: a run went wrong.
    """
    for _ in range(rounds):
        user_id, source = crowd.upload()
        crowd.look(LIST_AFTER, user_id)
        crowd.look()
        crowd.receive_again(user_id, source)
        crowd.look_back()
        crowd.run()
