"""Commands that run code: run, ask, and the quick analyses."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from application.run_code import Execution
from domain.errors import UsageError
from domain.executions import Outcome
from interfaces.cli import documents, render
from interfaces.cli.options import AsJson, User
from interfaces.cli.progress import PipedObserver, TerminalObserver, WaitingObserver
from interfaces.cli.scripts import read_script
from interfaces.cli.session import (
    ExitCode,
    exit_code_of,
    is_terminal,
    notices,
    people,
    print_document,
    session_of,
    write_out,
)
from interfaces.cli.text import harmless_text
from interfaces.wiring import Wiring

OutFolder = Annotated[Path | None, typer.Option("--out", help="Copy the outputs into this folder.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(run)
    app.command()(ask)


def run(
    context: typer.Context,
    script: Annotated[str, typer.Argument(help="A Python file; - reads it from stdin.", show_default=False)],
    user: User,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds the code may run, CODE_EXECUTION_TIMEOUT at most.", min=0.1)
    ] = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> int:
    """Run Python for a user; what it makes is kept."""
    code = read_script(script)
    make_out_folder(out)
    with session_of(context).wiring() as wiring:
        wiring.begin(user)
        with _watching(user, as_json=as_json) as observer:
            execution = wiring.run_code(user, code, timeout_s=timeout, observer=observer)
        paths = paths_of(wiring, user, execution, out)
        wiring.settle()
        if as_json:
            print_document(documents.execution_document(user, execution, paths))
        else:
            _show(observer, execution, paths)
        observer.leave_if_told_to()
    return exit_code_of_run(execution)


def ask(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What you want to know.", show_default=False)],
    user: User,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> int:
    """Have one turn with the model."""
    make_out_folder(out)
    with session_of(context).wiring() as wiring:
        wiring.begin(user)
        with WaitingObserver(notices(), user) as observer:
            answer = wiring.chat(user, None, text, observer=observer)
        paths = [paths_of(wiring, user, execution, out) for execution in answer.executions]
        wiring.settle()
        if as_json:
            runs = [
                documents.execution_document(user, execution, its_paths)
                for execution, its_paths in zip(answer.executions, paths, strict=True)
            ]
            failure = {"error": str(answer.error)} if answer.error else {}
            print_document({"answer": answer.text, "executions": runs, **failure})
        else:
            for execution, its_paths in zip(answer.executions, paths, strict=True):
                render.show(notices(), render.execution(execution, its_paths))
            _show_answer(answer.text)
        observer.leave_if_told_to()
    if answer.error is None:
        return ExitCode.DONE
    notices().print(str(answer.error), style="red", markup=False, soft_wrap=True)
    return exit_code_of(answer.error)


def _watching(user: str, *, as_json: bool) -> WaitingObserver:
    """Return who shows a run; in a pipe stdout gets what the code prints there, and nothing but that."""
    if as_json:
        return WaitingObserver(notices(), user)
    if is_terminal(sys.stdout):
        return TerminalObserver(people(), user)
    return PipedObserver(notices(), user)


def _show(observer: WaitingObserver, execution: Execution, paths: dict[str, str]) -> None:
    """Show what came of a run, below the output."""
    console = people() if is_terminal(sys.stdout) else notices()
    try:
        observer.end_output()
    finally:
        render.show(console, render.execution(execution, paths, with_output=False))


def _show_answer(text: str) -> None:
    if is_terminal(sys.stdout):
        people().print(render.clipped(text), markup=False)
    else:
        write_out(f"{harmless_text(text)}\n".encode())


def make_out_folder(out: Path | None) -> None:
    """Make the folder for copies before anything runs.

    Raises:
        UsageError: it cannot be one.
    """
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"--out {str(out)!r} cannot be a folder: {error.strerror}. Nothing was run."
        raise UsageError(msg) from error


def paths_of(wiring: Wiring, user: str, execution: Execution, out: Path | None) -> dict[str, str]:
    """Return where each output can be found; with `out`, copies of them there."""
    if out is None:
        return {file.file_id: wiring.locate(user, file) for file in execution.files}
    return {file.file_id: str(wiring.save_copy(user, file.file_id, out)[1]) for file in execution.files}


def exit_code_of_run(execution: Execution) -> ExitCode:
    """Return 0 for a run that succeeded, 3 for one that the machine cannot run, else 1."""
    codes = {Outcome.SUCCEEDED: ExitCode.DONE, Outcome.REFUSED: ExitCode.ENVIRONMENT_CANNOT}
    return codes.get(execution.outcome, ExitCode.FOUND_WRONG)
