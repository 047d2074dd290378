"""A replay in the terminal: how far it is, how fast, how long still; the keyboard's interrupt stops it."""

import signal
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from application.ports.views import Watch


class RateColumn(ProgressColumn):
    """Events a second, lately."""

    def render(self, task: Task) -> Text:
        """Return the rate, nothing while it is not known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} events/s" if speed else "", style="progress.data.speed")


class ReplayProgress:
    """Shows a replay while it goes on. The first interrupt asks it to stop, a second one leaves at once."""

    def __init__(self, out: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn())
        self._progress = Progress(
            *columns, TimeRemainingColumn(), console=out, transient=True, disable=not out.is_terminal
        )
        self._task = self._progress.add_task("replaying", total=None)
        self._has_begun = self._is_stopping = False
        self._usual_handler: Any = None

    @property
    def watch(self) -> Watch:
        """What the replay is to tell and to ask."""
        return Watch(self._show, lambda: self._is_stopping)

    def __enter__(self) -> Self:
        """Begin to show, and to listen."""
        self._usual_handler = signal.signal(signal.SIGINT, self._interrupted)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave terminal and keyboard to others."""
        self.stop()
        signal.signal(signal.SIGINT, self._usual_handler)

    def stop(self) -> None:
        """Show nothing more."""
        self._progress.stop()

    def _show(self, done: int, total: int) -> None:
        if not self._has_begun:
            # What an interrupted replay had done says nothing of this one's rate.
            self._progress.reset(self._task, completed=done, total=total)
            self._has_begun = True
        else:
            self._progress.update(self._task, completed=done, total=total)

    def _interrupted(self, _signal: int, _frame: object) -> None:
        if self._is_stopping:
            raise KeyboardInterrupt
        self._is_stopping = True
        self._progress.update(self._task, description="stopping … (Ctrl-C again leaves at once)")
