"""What can be said in the console, a method a command."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from application.analyses import analysis_code
from application.run_code import Execution
from application.turn import CLOSING_WORDS
from domain.errors import FileLedgerError, NoSuchFileError, UsageError
from domain.executions import Outcome
from domain.files import LedgerFile
from interfaces.cli import render
from interfaces.cli.file_commands import upload_path
from interfaces.cli.progress import TerminalObserver
from interfaces.cli.run_commands import paths_of
from interfaces.wiring import Wiring

FENCE = "```"
PLACE = "console"
"""Where the conversation with the model is remembered."""

HISTORY_EVENTS = 30

COMMANDS: dict[str, tuple[str, str]] = {
    "upload": ("PATH…", "keep files; several paths, quotes around spaces"),
    "files": ("", "list your files with size, time left and id"),
    "stats": ("FILE", "key statistics of a file"),
    "head": ("FILE", "its first rows"),
    "plot": ("FILE", "charts of it"),
    "correlations": ("FILE", "correlations between its numeric columns"),
    "run": ("", "run Python: on the same line, or a ``` fenced block after it"),
    "download": ("FILE [PATH]", "get a file back"),
    "history": ("", "what happened to your files"),
    "usage": ("", "what asking the model took, day by day"),
    "why": ("FILE", "why a file is there or gone"),
    "delete": ("FILE", "delete a file"),
    "help": ("", "this list"),
    "quit": ("", "leave"),
}


class Quit(Exception):  # noqa: N818 - a wish, not an error
    """The person wants to leave."""


class ChatCommands:
    """Obeys one person. FILE is an id or a name; a name means the newest file of that name."""

    _analyses: ClassVar[dict[str, str]] = {
        "stats": "stats",
        "head": "head",
        "plot": "plot",
        "correlations": "correlations",
    }

    def __init__(self, wiring: Wiring, user_id: str, out: Console, *, interactive: bool) -> None:
        self._wiring, self._user_id, self._out, self._interactive = wiring, user_id, out, interactive

    def obey(self, line: str, more: Iterator[str]) -> bool:
        """Do what a line says and tell whether it went well; `more` supplies a fenced block.

        Raises:
            Quit: the line was /quit.
            FileLedgerError: it cannot be done; the message says why.
        """
        line = line.strip()
        if not line:
            return True
        if line.startswith(FENCE):
            return self._run_block(line, more)
        if not line.startswith("/"):
            return self._ask(line)
        name, _, rest = line[1:].partition(" ")
        name, rest = name.lower(), rest.strip()
        if name in self._analyses:
            return self._analyse(name, rest)
        if name == "run":
            return self._run_block(rest, more) if rest else self._await_block(more)
        return self._method(name)(rest)

    def _method(self, name: str) -> Callable[[str], bool]:
        methods: dict[str, Callable[[str], bool]] = {
            "upload": self._upload,
            "files": self._files,
            "download": self._download,
            "history": self._history,
            "why": self._why,
            "usage": self._usage,
            "delete": self._delete,
            "help": self._help,
            "quit": self._quit,
            "exit": self._quit,
        }
        if name not in methods:
            msg = f"There is no command /{name}. /help lists them."
            raise UsageError(msg)
        return methods[name]

    # -- files ---------------------------------------------------------------

    def _upload(self, rest: str) -> bool:
        paths = split_words(rest)
        if not paths:
            msg = "Say which file: /upload PATH"
            raise UsageError(msg)
        good = True
        for path in paths:
            try:
                receipt = upload_path(self._wiring, self._user_id, Path(path).expanduser())
            except FileLedgerError as error:
                self._out.print(str(error), style="red", markup=False)
                good = False
                continue
            render.show(self._out, render.receipt(receipt, self._wiring.clock.now()))
        self._wiring.settle()
        return good

    def _files(self, _: str) -> bool:
        listing = self._wiring.list_files(self._user_id)
        render.show(self._out, render.listing(listing, self._wiring.clock.now()))
        return True

    def _download(self, rest: str) -> bool:
        words = split_words(rest)
        file = self._find(words[0] if words else "")
        target = Path(words[1]).expanduser() if len(words) > 1 else Path.cwd()
        _, path = self._wiring.save_copy(self._user_id, file.file_id, target)
        self._out.print(f"{file.filename} written to {path}", markup=False)
        return True

    def _delete(self, rest: str) -> bool:
        file = self._find(rest)
        if self._interactive and not self._confirmed(f"Delete {file.filename} ({file.file_id})? [y/N] "):
            return True
        self._wiring.delete_file(self._user_id, file.file_id)
        self._wiring.settle()
        self._out.print(f"{file.filename} ({file.file_id}) is deleted.", markup=False)
        return True

    def _confirmed(self, question: str) -> bool:
        return self._out.input(question, markup=False).strip().lower() in {"y", "yes"}

    def _find(self, wanted: str) -> LedgerFile:
        """Return the live file with that id, else the newest with that name, else raise."""
        wanted = " ".join(split_words(wanted))
        files = self._wiring.list_files(self._user_id).files
        if not wanted:
            msg = "Say which file, by its id or its name. /files lists them."
            raise UsageError(msg)
        by_id = [file for file in files if file.file_id == wanted]
        by_name = [file for file in files if file.filename == Path(wanted).name]
        if not by_id and not by_name:
            raise NoSuchFileError(wanted)
        return (by_id or by_name)[-1]

    # -- code ----------------------------------------------------------------

    def _analyse(self, name: str, rest: str) -> bool:
        return self._run(analysis_code(self._analyses[name], self._find(rest).file_id))

    def _await_block(self, more: Iterator[str]) -> bool:
        """Run the fenced block that should follow; any other line is a line like every other."""
        following = next(more, "")
        if following.strip().startswith(FENCE):
            return self._run_block(following.strip(), more)
        self._out.print(f"There is no code to run: write it after /run, or in a {FENCE} block.", style="red")
        return self.obey(following, more) and False

    def _run_block(self, first: str, more: Iterator[str]) -> bool:
        if not first.startswith(FENCE):
            return self._run(first)
        lines: list[str] = []
        for line in more:
            if line.strip() == FENCE:
                return self._run("\n".join(lines))
            lines.append(line)
        msg = f"The block has no end: close it with {FENCE} on a line of its own."
        raise UsageError(msg)

    def _run(self, code: str) -> bool:
        if not code.strip():
            msg = "There is no code to run. Write it after /run, or in a ``` fenced block."
            raise UsageError(msg)
        with TerminalObserver(self._out, self._user_id) as observer:
            execution = self._wiring.run_code(self._user_id, code, observer=observer)
        went_well = self._report(execution)
        observer.leave_if_told_to()
        return went_well

    def _report(self, execution: Execution) -> bool:
        self._wiring.settle()
        paths = paths_of(self._wiring, self._user_id, execution, None)
        render.show(self._out, render.execution(execution, paths, with_output=False))
        return execution.outcome is Outcome.SUCCEEDED

    def _ask(self, text: str) -> bool:
        with TerminalObserver(self._out, self._user_id, self._report) as observer:
            answer = self._wiring.chat(self._user_id, PLACE, text, observer=observer)
        observer.leave_if_told_to()
        if answer.stopped_because in CLOSING_WORDS:
            self._out.print(CLOSING_WORDS[answer.stopped_because], style="dim")
        if answer.error is not None:
            raise answer.error
        return True

    # -- looking back --------------------------------------------------------

    def _history(self, _: str) -> bool:
        page = self._wiring.history.newest(self._user_id, HISTORY_EVENTS)
        render.show(self._out, render.history(page))
        return True

    def _why(self, rest: str) -> bool:
        try:
            file_id = self._find(rest).file_id
        except NoSuchFileError:
            file_id = self._wiring.why.newest_named(self._user_id, Path(rest).name) or rest
        render.show(self._out, render.why(self._wiring.why(file_id, owner=self._user_id)))
        return True

    def _usage(self, _: str) -> bool:
        spending = self._wiring.spending(self._user_id)
        render.show(self._out, render.spending(spending, self._wiring.clock.now().date()))
        return True

    # -- the rest ------------------------------------------------------------

    def _help(self, _: str) -> bool:
        table = Table.grid(padding=(0, 2))
        for name, (arguments, words) in COMMANDS.items():
            table.add_row(Text(f"/{name} {arguments}", style="cyan"), words)
        table.add_row(
            Text("anything else", style="cyan"), "goes to the model, which sees your files and can run code"
        )
        self._out.print(table)
        return True

    def _quit(self, _: str) -> bool:
        raise Quit


def split_words(text: str) -> list[str]:
    """Split at spaces outside quotes; a text without quotes that names a file stays whole.

    Raises:
        UsageError: a quote is not closed.
    """
    if text and Path(text).expanduser().exists():
        return [text]
    try:
        return shlex.split(text)
    except ValueError as error:
        msg = f"Cannot read {text!r}: a quote is not closed."
        raise UsageError(msg) from error
