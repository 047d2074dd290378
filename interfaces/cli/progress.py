"""Showing a turn or a run in the terminal while it goes on."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.syntax import Syntax

from application.ports.sandbox import OutputStream
from application.run_code import Execution
from interfaces.cli.text import safe_text


class TerminalObserver:
    """Streams text and output to a console; a spinner says what is waited for.

    `report` takes each run of a model's turn when it ended.
    """

    def __init__(self, out: Console, report: Callable[[Execution], object] | None = None) -> None:
        self._out, self._report = out, report
        self._status: Status | None = None
        self._open_line = False

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._out.is_terminal:
            self._status = self._out.status("working …")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the spinner and end the line."""
        if self._status is not None:
            self._status.stop()
        self._end_line()

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Print output as it appears."""
        self._print(text, style="red" if stream == "stderr" else None)

    def show_text(self, text: str) -> None:
        """Print a piece of the model's answer."""
        self._print(text)

    def show_progress(self, text: str) -> None:
        """Say what is waited for."""
        if self._status is not None:
            self._status.update(safe_text(text))

    def show_code(self, code: str) -> None:
        """Print the code that the model runs."""
        self._end_line()
        self._out.print(Syntax(safe_text(code), "python", background_color="default"))

    def show_execution(self, execution: Execution) -> None:
        """Print what a run of the model came to."""
        self._end_line()
        if self._report is not None:
            self._report(execution)

    def cancelled_by(self) -> str:
        """Leave stopping to the keyboard's interrupt."""
        return ""

    def _print(self, text: str, style: str | None = None) -> None:
        safe = safe_text(text)
        self._out.print(safe, style=style, end="", markup=False, soft_wrap=True)
        self._open_line = not safe.endswith("\n") if safe else self._open_line

    def _end_line(self) -> None:
        if self._open_line:
            self._out.print()
            self._open_line = False
