"""Commands of the operator: console, bot, doctor, metrics, migrate, backup."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from interfaces.cli import documents, render
from interfaces.cli.options import AsJson, login_name
from interfaces.cli.session import (
    ExitCode,
    configure_logging,
    notices,
    people,
    print_document,
    session_of,
    write_out,
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (console, bot, doctor, metrics, migrate, backup):
        app.command()(command)


def console(
    context: typer.Context,
    user: Annotated[
        str | None, typer.Option("--user", help="Whose files; default: who runs the program.")
    ] = None,
) -> int:
    """Open the chat of the bot in a terminal; without a terminal, read commands from stdin."""
    # The line editor costs a tenth of a second that no other command has to pay.
    from interfaces.cli.console import Chat  # noqa: PLC0415

    with session_of(context).wiring() as wiring:
        return Chat(wiring, user or login_name()).run()


def bot(context: typer.Context) -> int:
    """Start the Discord bot; it needs DISCORD_TOKEN and ends with Ctrl-C or SIGTERM."""
    with session_of(context).wiring() as wiring:
        settings = wiring.settings
        if settings.discord_token is not None:
            wiring.hasten()
        # disnake costs half a second that no other command has to pay; MongoDB starts meanwhile.
        from interfaces.discord.service import serve  # noqa: PLC0415

        configure_logging(
            logging.getLevelName(settings.log_level.value.upper()), as_json=settings.log_format == "json"
        )
        serve(wiring)
    return ExitCode.DONE


def metrics(context: typer.Context) -> int:
    """Print what there is to watch, as Prometheus reads it; the bot serves the same at METRICS_PORT."""
    with session_of(context).wiring() as wiring:
        write_out(wiring.metrics())
    return ExitCode.DONE


def doctor(context: typer.Context, as_json: AsJson = False) -> int:
    """Say what works here, and how to mend what does not."""
    with session_of(context).wiring() as wiring:
        checks = wiring.checks()
    document = documents.doctor_document(checks)
    if as_json:
        print_document(document)
    else:
        render.show(people(), render.checks(checks))
    return ExitCode.DONE if document["ok"] else ExitCode.ENVIRONMENT_CANNOT


def migrate(
    context: typer.Context,
    status: Annotated[
        bool, typer.Option("--status", help="Only tell what is applied and what is pending.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring the views' collections, indexes and validators up to date."""
    with session_of(context).wiring() as wiring:
        migrations = wiring.migrations(apply=not status)
    if as_json:
        print_document({"migrations": [documents.migration_document(migration) for migration in migrations]})
    else:
        render.show(people(), render.migrations(migrations))
    return ExitCode.DONE


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder, best on another disk.")],
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave the users' keys out, to keep them elsewhere.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Copy all that cannot be made again to a folder that can be used as it is, and verify it there."""
    with session_of(context).wiring() as wiring, notices().status("copying and verifying"):
        made = wiring.back_up(target, with_keys=not without_keys)
    if as_json:
        print_document(documents.backup_document(made))
    else:
        people().print(render.backup(made), markup=False)
    return ExitCode.DONE
