"""The chat of the bot in a terminal.

The loop reads lines, `interfaces.cli.chat_commands` does what they say. Without a
terminal the lines come from stdin and are shown, so that a transcript reads well.
"""

import sys
from collections.abc import Iterator

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory

from domain.errors import FileLedgerError, UsageError
from interfaces.cli.chat_commands import COMMANDS, ChatCommands, Quit
from interfaces.cli.session import ExitCode, notices, people
from interfaces.cli.text import safe_text
from interfaces.wiring import Wiring

FENCE = "```"
PROMPT = "› "
CONTINUATION = "· "


class Chat:
    """One person's conversation with the program."""

    def __init__(self, wiring: Wiring, user_id: str) -> None:
        self._wiring, self._user_id = wiring, user_id
        if sys.stdin is None:
            msg = "There is no stdin to read commands from: it is closed."
            raise UsageError(msg)
        self._interactive = sys.stdin.isatty()
        self._out = people()
        self._commands = ChatCommands(wiring, user_id, self._out, interactive=self._interactive)

    def run(self) -> int:
        """Talk until /quit or the end of the input; 1 when any line of a script failed."""
        failed = False
        self._wiring.start()
        self._greet()
        lines = self._lines()
        for line in lines:
            try:
                failed |= not self._commands.obey(line, lines)
            except Quit:
                break
            except FileLedgerError as error:
                failed = True
                self._out.print(str(error), style="red", markup=False)
            except KeyboardInterrupt:
                self._out.print("Stopped.", style="yellow")
        return ExitCode.FOUND_WRONG if failed and not self._interactive else ExitCode.DONE

    def _greet(self) -> None:
        listing = self._wiring.list_files(self._user_id)
        self._out.print(
            f"fileledger · user {self._user_id} · {listing.count}/{listing.limit} files · /help", style="bold"
        )
        for check in self._wiring.checks():
            if not check.ok and not check.optional:
                notices().print(f"{check.name}: {check.detail} {check.remedy}", style="yellow", markup=False)

    def _lines(self) -> Iterator[str]:
        return self._typed_lines() if self._interactive else self._piped_lines()

    def _piped_lines(self) -> Iterator[str]:
        inside_fence = False
        for line in sys.stdin:
            text = line.rstrip("\n")
            self._out.print(
                f"{CONTINUATION if inside_fence else PROMPT}{safe_text(text)}",
                style="bold cyan",
                markup=False,
            )
            if text.strip().startswith(FENCE):
                inside_fence = not inside_fence
            yield text

    def _typed_lines(self) -> Iterator[str]:
        history = FileHistory(str(self._wiring.data_dir / "console-history"))
        session: PromptSession[str] = PromptSession(history=history)
        while True:
            names = [file.filename for file in self._wiring.list_files(self._user_id).files]
            completer = WordCompleter([*(f"/{name}" for name in COMMANDS), *names], sentence=False, WORD=True)
            try:
                yield session.prompt(PROMPT, completer=completer)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
