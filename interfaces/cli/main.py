"""The `fileledger` command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from domain.files import check_user_id
from interfaces.cli import (
    audit_commands,
    file_commands,
    fsck_commands,
    hold_commands,
    run_commands,
    service_commands,
    trace_commands,
    user_commands,
    witness_commands,
)
from interfaces.cli.session import ExitCode, Session, complain, configure_logging, run_guarded

INTERRUPTED = 130

app = typer.Typer(
    name="fileledger",
    help="Files of a chat bot's users, Python on them in a sandbox, and a ledger of all that happened.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for commands in (
    file_commands,
    run_commands,
    audit_commands,
    fsck_commands,
    trace_commands,
    hold_commands,
    user_commands,
    witness_commands,
    service_commands,
):
    commands.register(app)


def _checked_id(operator: str | None) -> str | None:
    return operator and check_user_id(operator)


@app.callback()
def options(
    context: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option(envvar="FILELEDGER_DATA_DIR", help="Folder of everything that the program keeps."),
    ] = None,
    operator: Annotated[
        str | None,
        typer.Option(
            "--as",
            envvar="FILELEDGER_OPERATOR",
            metavar="ID",
            help="Who you are, when you look after others: what you read of theirs is told to them.",
            callback=_checked_id,
        ),
    ] = None,
) -> None:
    """Take the options that stand before the command."""
    context.obj = Session(data_dir, operator)


def main() -> None:
    """Run the command line and exit with the contract's code."""
    configure_logging()
    as_json = any(argument in {"--json", "--jsonl"} for argument in sys.argv[1:])
    sys.exit(run_guarded(_invoke, as_json=as_json))


def _invoke() -> int:
    try:
        result = app(standalone_mode=False)
    except typer.Exit as leave:
        if leave.exit_code == INTERRUPTED:
            complain("Interrupted. What ran is recorded as interrupted.", as_json="--json" in sys.argv)
        return leave.exit_code
    except typer.TyperException as error:
        # Its wording names the option as it is written on the command line; the plain text does not.
        message = getattr(error, "format_message", error.__str__)()
        complain(f"{message.removesuffix('.')}. See fileledger --help.", as_json="--json" in sys.argv)
        return ExitCode.WRONG_USAGE
    except typer.Abort:
        return ExitCode.WRONG_USAGE
    return result if isinstance(result, int) else ExitCode.DONE


if __name__ == "__main__":
    main()
