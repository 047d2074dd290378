"""Showing a turn or a run in the terminal while it goes on, and stopping it from the keyboard."""

import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.status import Status
from rich.syntax import Syntax

from application.ports.progress import Progress
from application.ports.sandbox import OutputStream
from application.run_code import Execution
from domain.metadata import user_actor
from interfaces.cli.text import safe_text


class WaitingObserver:
    """Says with a spinner what is waited for; the keyboard's interrupt cancels the run, a second one leaves.

    What a cancelled run made until then is kept, which an exception in its midst would lose.
    """

    def __init__(self, out: Console, user_id: str) -> None:
        self._out, self._user = out, user_actor(user_id)
        self._status: Status | None = None
        self._cancelled_by = ""
        self._usual_handler: Any = None

    def __enter__(self) -> Self:
        """Begin to show, and to listen."""
        if threading.current_thread() is threading.main_thread():
            self._usual_handler = signal.signal(signal.SIGINT, self._interrupted)
        if self._out.is_terminal:
            self._status = self._out.status("working …")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the spinner, and leave the keyboard to others."""
        if self._usual_handler is not None:
            signal.signal(signal.SIGINT, self._usual_handler)
        if self._status is not None:
            self._status.stop()

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Wait for the end: the result carries all output."""

    def show_text(self, text: str) -> None:
        """Wait for the end: the answer carries the text."""

    def show_code(self, code: str) -> None:
        """Wait for the end."""

    def show_execution(self, execution: Execution) -> None:
        """Wait for the end: the answer carries the runs."""

    def show_progress(self, progress: Progress) -> None:
        """Say what is waited for."""
        self._say(str(progress))

    def _say(self, text: str) -> None:
        if self._status is not None:
            self._status.update(safe_text(text))

    def cancelled_by(self) -> str:
        """Return the user once the keyboard was used to stop."""
        return self._cancelled_by

    def _interrupted(self, _signal: int, _frame: object) -> None:
        if self._cancelled_by:
            raise KeyboardInterrupt
        self._cancelled_by = self._user
        self._say("stopping … (Ctrl-C again leaves at once)")


class TerminalObserver(WaitingObserver):
    """Streams text and output to a console, too; `report` takes each run of a model's turn when it ended."""

    def __init__(
        self, out: Console, user_id: str, report: Callable[[Execution], object] | None = None
    ) -> None:
        super().__init__(out, user_id)
        self._report = report
        self._open_line = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the spinner and end the line."""
        super().__exit__(kind, error, trace)
        self._end_line()

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Print output as it appears."""
        self._print(text, style="red" if stream == "stderr" else None)

    def show_text(self, text: str) -> None:
        """Print a piece of the model's answer."""
        self._print(text)

    def show_code(self, code: str) -> None:
        """Print the code that the model runs."""
        self._end_line()
        self._out.print(Syntax(safe_text(code), "python", background_color="default"))

    def show_execution(self, execution: Execution) -> None:
        """Print what a run of the model came to."""
        self._end_line()
        if self._report is not None:
            self._report(execution)

    def _print(self, text: str, style: str | None = None) -> None:
        safe = safe_text(text)
        self._out.print(safe, style=style, end="", markup=False, soft_wrap=True)
        self._open_line = not safe.endswith("\n") if safe else self._open_line

    def _end_line(self) -> None:
        if self._open_line:
            self._out.print()
            self._open_line = False
