"""Showing a turn or a run while it goes on, and stopping it by a signal."""

import signal
import sys
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
from domain.errors import EnvironmentFaultError
from domain.metadata import signal_actor, user_actor
from interfaces.cli.session import give_up, write_out
from interfaces.cli.text import harmless_text, safe_text

_ENDS = (signal.SIGTERM, signal.SIGHUP)
_SHELLS_SIGNAL_STATUS = 128


class WaitingObserver:
    """Says with a spinner what is waited for; a signal cancels the run, a second one leaves at once.

    What a cancelled run made until then is kept, which an exception in its midst would lose.
    """

    def __init__(self, out: Console, user_id: str) -> None:
        self._out, self._user = out, user_actor(user_id)
        self._status: Status | None = None
        self._cancelled_by = ""
        self._told_to_end_by: signal.Signals | None = None
        self._usual_handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Begin to show, and to listen."""
        if threading.current_thread() is threading.main_thread():
            obeys = {signal.SIGINT: self._interrupted, **dict.fromkeys(_ENDS, self._told_to_end)}
            for number, obey in obeys.items():
                if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` does
                    self._usual_handlers[number] = signal.signal(number, obey)
        self._start_spinner()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the spinner, and leave the signals to others."""
        for number, handler in self._usual_handlers.items():
            signal.signal(number, handler)
        self._stop_spinner()

    def leave_if_told_to(self) -> None:
        """End the program when a signal said so: nothing more is to be begun.

        Raises:
            SystemExit: with the status by which a shell tells of that signal.
        """
        if self._told_to_end_by is not None:
            raise SystemExit(_SHELLS_SIGNAL_STATUS + self._told_to_end_by)

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Wait for the end: the result carries all output."""

    def end_output(self) -> None:
        """Do nothing: none was shown."""

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
        """Return the user once the keyboard was used to stop, the signal once the program was told to end."""
        return self._cancelled_by

    def _start_spinner(self) -> None:
        if self._out.is_terminal and self._status is None:
            self._status = self._out.status("working …")
            self._status.start()

    def _stop_spinner(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _interrupted(self, _signal: int, _frame: object) -> None:
        if self._cancelled_by:
            raise KeyboardInterrupt
        self._cancelled_by = self._user
        self._say("stopping … (Ctrl-C again leaves at once)")

    def _told_to_end(self, number: int, _frame: object) -> None:
        is_second = self._told_to_end_by is not None
        self._told_to_end_by = signal.Signals(number)
        if is_second:
            self.leave_if_told_to()
        self._cancelled_by = self._cancelled_by or signal_actor(self._told_to_end_by.name)
        self._say("stopping …")


class PipedObserver(WaitingObserver):
    """Passes output on as the code prints it, for who reads stdout and stderr in a pipe or a file.

    When nobody reads any longer, or their disk is full, the run goes on: what it makes is kept.
    """

    def __init__(self, out: Console, user_id: str) -> None:
        super().__init__(out, user_id)
        self._lost: dict[OutputStream, OSError | EnvironmentFaultError] = {}
        self._open_line = False

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Print output as it appears."""
        self._stop_spinner()
        if stream == "stderr":
            self._open_line = not text.endswith("\n")
        self._write(stream, text)

    def end_output(self) -> None:
        """End the line of stderr, where remarks follow.

        Raises:
            OSError: what was printed to stdout could not be written, and not because nobody reads it.
            EnvironmentFaultError: stdout is closed.
        """
        if self._open_line:
            self._write("stderr", "\n")
        problem = self._lost.get("stdout")
        if problem is not None and not isinstance(problem, BrokenPipeError):
            raise problem

    def _write(self, stream: OutputStream, text: str) -> None:
        target = sys.stdout if stream == "stdout" else sys.stderr
        if stream in self._lost or (stream == "stderr" and target is None):
            return
        try:
            write_out(harmless_text(text).encode(), target)
        except EnvironmentFaultError as error:
            self._lost[stream] = error
        except OSError as error:
            self._lost[stream] = error
            give_up(target)


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

    def show_progress(self, progress: Progress) -> None:
        """Say what is waited for, unless that would overwrite a line that has no end yet."""
        if not self._open_line:
            self._start_spinner()
        super().show_progress(progress)

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
        self._stop_spinner()
        safe = safe_text(text)
        self._out.print(safe, style=style, end="", markup=False, soft_wrap=True)
        self._open_line = not safe.endswith("\n") if safe else self._open_line

    def _end_line(self) -> None:
        if self._open_line:
            self._out.print()
            self._open_line = False
