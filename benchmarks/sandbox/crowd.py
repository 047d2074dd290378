"""Many runs of several users at once: how long all of it takes, and who waits behind whom."""

import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.sandbox import OutputStream
from application.run_code import Unobserved
from benchmarks.page import BenchmarkError
from benchmarks.sandbox.house import House, succeeded
from benchmarks.sandbox.jobs import Job
from benchmarks.sandbox.processor_time import processor_s

_BETWEEN_S = 0.002  # so that the order in which runs are asked for is known
_LONGEST_S = 300.0
_ROWS = 2
_SIGN_OF_LIFE = "print('begun', flush=True)\n"


@dataclass(frozen=True)
class CrowdRun:
    """One run: when it was asked for, got its turn, was at work, and was at its user's with the result.

    A turn is the moment in which the use case hands the code to the sandbox.
    """

    user_id: str
    asked_s: float
    turn_s: float
    began_s: float
    ended_s: float

    @property
    def waited_s(self) -> float:
        """How long nothing of it was done."""
        return self.began_s - self.asked_s

    @property
    def answered_s(self) -> float:
        """How long its user waited for the result."""
        return self.ended_s - self.asked_s


@dataclass(frozen=True)
class FirstWait:
    """A user's first run, and the users whose second got its turn while that one waited."""

    run: CrowdRun
    behind: tuple[str, ...]


@dataclass(frozen=True)
class Crowd:
    """What became of a crowd.

    The ideal is that the machine does nothing else and no core is ever idle: the sum of what
    the runs take straight one after the other (`single_s`, the median), divided by the number of
    cores, and times what plain processes slow each other down when all cores work (`slowdown`).
    After a pause a run would take less, since work was done for it that nobody waited for: in a
    crowd there are no pauses.

    That ideal counts no work that other cores do beside a run, which they do not have to spare
    in a crowd. All of it is in `processor_s`, for a run of those in a row.
    """

    runs: tuple[CrowdRun, ...]
    single_s: float
    processor_s: float
    cores: int
    slowdown: float = 1.0

    @property
    def wall_s(self) -> float:
        """Seconds from the first request to the last result."""
        return max(run.ended_s for run in self.runs) - min(run.asked_s for run in self.runs)

    @property
    def ideal_s(self) -> float:
        """Seconds that it takes at best."""
        return self.single_s * len(self.runs) / self.cores * self.slowdown

    @property
    def ratio(self) -> float:
        """How many times the ideal it took."""
        return self.wall_s / self.ideal_s

    @property
    def work_s(self) -> float:
        """Seconds that all cores need for all of the work, when none is ever idle."""
        return self.processor_s * len(self.runs) / self.cores

    @property
    def work_ratio(self) -> float:
        """How many times the work's seconds it took."""
        return self.wall_s / self.work_s

    def first_waits(self) -> list[FirstWait]:
        """Return each user's wait for the first run, the longest first."""
        by_user: dict[str, list[CrowdRun]] = {}
        for run in sorted(self.runs, key=lambda run: run.turn_s):
            by_user.setdefault(run.user_id, []).append(run)
        waits = [_first_wait(user_id, by_user) for user_id in by_user]
        return sorted(waits, key=lambda wait: -wait.run.waited_s)


def gather(house: House, job: Job, users: Sequence[str], runs_each: int, slowdown: float) -> Crowd:
    """Let every user ask for all runs at once, one user after the other, each run from a thread.

    Raises:
        BenchmarkError: a run failed.
    """
    rows = [_in_a_row(house, job, users)]
    order = [user_id for user_id in users for _ in range(runs_each)]
    runs: list[CrowdRun] = []
    threads = [threading.Thread(target=_join, args=(house, job, user_id, runs)) for user_id in order]
    for thread in threads:
        thread.start()
        time.sleep(_BETWEEN_S)
    for thread in threads:
        thread.join(_LONGEST_S)
    if len(runs) < len(threads):
        message = f"{len(threads) - len(runs)} of {len(threads)} runs at once failed"
        raise BenchmarkError(message)
    rows.append(_in_a_row(house, job, users))
    single_s = statistics.median(single_s for row in rows for single_s in row.singles_s)
    work_s = statistics.mean(row.processor_s for row in rows)
    return Crowd(tuple(runs), single_s, work_s, len(os.sched_getaffinity(0)), slowdown)


class _Watch(Unobserved):
    """Sees when the code is at work."""

    began_s = 0.0

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Note the time of the first sign of life."""
        del stream, text
        self.began_s = self.began_s or time.monotonic()


def _join(house: House, job: Job, user_id: str, runs: list[CrowdRun]) -> None:
    """Do one run of the crowd and add it to `runs`."""
    watch, asked_s = _Watch(), time.monotonic()
    done = succeeded(house.run_code(user_id, _SIGN_OF_LIFE + job.sandbox_code, observer=watch))
    ended_s, turn_s = time.monotonic(), house.turns_s[done.execution_id]
    runs.append(CrowdRun(user_id, asked_s, turn_s, watch.began_s, ended_s))


@dataclass(frozen=True)
class _Row:
    """Runs straight one after the other: how long each took, and the processor time of one, the mean."""

    singles_s: tuple[float, ...]
    processor_s: float


def _in_a_row(house: House, job: Job, users: Sequence[str]) -> _Row:
    """Do some runs, each of which begins when the last has ended.

    Work is counted from the end of the first: what was left to do then is as much as in the end.
    """
    runs: list[CrowdRun] = []
    used_s: list[float] = []
    for user_id in [*users] * _ROWS:
        _join(house, job, user_id, runs)
        used_s.append(processor_s())
    return _Row(tuple(run.answered_s for run in runs), (used_s[-1] - used_s[0]) / (len(runs) - 1))


def _first_wait(user_id: str, by_user: dict[str, list[CrowdRun]]) -> FirstWait:
    first = by_user[user_id][0]
    behind = [
        other
        for other, runs in by_user.items()
        if other != user_id and len(runs) > 1 and first.asked_s < runs[1].turn_s < first.turn_s
    ]
    return FirstWait(first, tuple(sorted(behind)))
