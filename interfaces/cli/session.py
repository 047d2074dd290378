"""What every command shares: the wiring, the two ways to answer, and how errors end."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, TextIO

import orjson
import structlog
import typer
from rich.console import Console

from domain.errors import EnvironmentFaultError, FileLedgerError, UsageError
from domain.reading import ReadMatter
from interfaces.cli.options import login_name
from interfaces.wiring import Wiring

PIPE_COLUMNS = 10_000
"""What no terminal shows is folded nowhere: who reads it wants lines as they are."""


class ExitCode(IntEnum):
    """How a command ends, for scripts."""

    DONE = 0
    FOUND_WRONG = 1
    WRONG_USAGE = 2
    ENVIRONMENT_CANNOT = 3
    INTERRUPTED = 130


@dataclass
class Session:
    """One invocation of the program; `operator` is who said to be at work, as an operator."""

    data_dir: Path | None = None
    operator: str | None = None

    @contextmanager
    def wiring(self) -> Iterator[Wiring]:
        """Give the use cases; everything they opened is closed at the end."""
        with Wiring.load(self.data_dir) as wiring:
            yield wiring

    def operator_for(self, wiring: Wiring, user_id: str) -> str | None:
        """Return the operator who looks at what is the user's, None when it is the user's own look.

        Without a name given it is the user's own, as every command acts as its `--user`; but where
        operators are named (ADMIN_USER_IDS), the command line is theirs, and whoever is logged in is one.
        """
        operator = self.operator or (login_name() if wiring.settings.admin_user_ids else None)
        return None if operator == user_id else operator

    def look(self, wiring: Wiring, user_id: str, what: ReadMatter) -> None:
        """Record an operator's look before it is shown."""
        if (operator := self.operator_for(wiring, user_id)) is not None:
            wiring.look(operator, user_id, what)
            wiring.witness_now()

    def look_at_file(self, wiring: Wiring, file_id: str, what: ReadMatter) -> None:
        """Record an operator's look at a file's past before it is shown."""
        if (operator := self.operator_for(wiring, "")) is not None:
            wiring.look.at_file(operator, file_id, what)
            wiring.witness_now()


def session_of(context: typer.Context) -> Session:
    """Return the session that the global options made."""
    session = context.find_object(Session)
    return session or Session()


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether somebody sits before a stream; None is a closed one."""
    return stream is not None and stream.isatty()


def people() -> Console:
    """Return the console for people on stdout."""
    return Console(width=None if is_terminal(sys.stdout) else PIPE_COLUMNS, highlight=False)


def notices() -> Console:
    """Return the console for progress and remarks, on stderr."""
    return Console(stderr=True, width=None if is_terminal(sys.stderr) else PIPE_COLUMNS, highlight=False)


def print_document(document: dict[str, Any]) -> None:
    """Print the one JSON document of a command."""
    write_out(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def write_out(data: bytes, stream: TextIO | None = None) -> None:
    """Write to stdout, or to another stream.

    Raises:
        EnvironmentFaultError: it is closed.
        OSError: nobody reads it any longer, or its disk is full.
    """
    stream = stream or sys.stdout
    if stream is None:
        msg = "There is no stdout to print to: it is closed."
        raise EnvironmentFaultError(msg)
    stream.buffer.write(data)
    stream.flush()


def environment_words(error: OSError) -> str:
    """Return an error of the operating system that nothing else explained, as a sentence."""
    where = f" ({error.filename})" if error.filename else ""
    return f"The system refused something{where}: {error.strerror or error}."


def configure_logging(level: int = logging.WARNING, *, as_json: bool = False) -> None:
    """Send logs to stderr, a line each, for people or as JSON: stdout belongs to the answer."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    lines = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *lines,
        ],
    )


def exit_code_of(error: FileLedgerError) -> ExitCode:
    """Return how a command ends that met `error`."""
    if isinstance(error, UsageError):
        return ExitCode.WRONG_USAGE
    if isinstance(error, EnvironmentFaultError):
        return ExitCode.ENVIRONMENT_CANNOT
    return ExitCode.FOUND_WRONG


def run_guarded(program: Callable[[], int], *, as_json: bool) -> int:
    """Run the program; whatever it raises becomes one clear line and an exit code."""
    try:
        return program()
    except FileLedgerError as error:
        complain(str(error), as_json=as_json)
        return exit_code_of(error)
    except KeyboardInterrupt:
        notices().print("Interrupted.", style="yellow")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        give_up(sys.stdout)
        return ExitCode.DONE
    except OSError as error:
        give_up(sys.stdout)
        complain(f"{environment_words(error)} Nothing acknowledged is lost.", as_json=False)
        return ExitCode.ENVIRONMENT_CANNOT
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        where = _keep_traceback()
        complain(
            f"Something went wrong that should not: {type(error).__name__}: {error}. "
            f"Nothing acknowledged is lost. Please report it{where}.",
            as_json=as_json,
        )
        return ExitCode.FOUND_WRONG


def complain(message: str, *, as_json: bool) -> None:
    """Say what is wrong in one line on stderr; with `as_json` in a document on stdout, too."""
    try:
        notices().print(message, style="red", markup=False, soft_wrap=True)
        if as_json:
            print_document({"error": message})
    except (OSError, EnvironmentFaultError):
        return  # nobody can be told: stdout or stderr is closed, or its disk is full


def give_up(stream: TextIO | None) -> None:
    """Let what is still to be printed go nowhere: the interpreter would fail over it once more at its end."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _keep_traceback() -> str:
    """Write the traceback to a file for the report; return where, as part of a sentence."""
    try:
        path = Path.cwd() / "fileledger-fault.log"
        with path.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
    except OSError:
        return ""
    return f" with {path}"
