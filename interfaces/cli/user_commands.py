"""Commands about all that is a user's: forget."""

from typing import Annotated

import typer

from application.ledgers import By
from domain.errors import UsageError
from interfaces.cli import documents
from interfaces.cli.options import AsJson, User
from interfaces.cli.session import ExitCode, people, print_document, session_of


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(forget)


def forget(
    context: typer.Context,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", help="Yes: it cannot be undone.")] = False,
    as_json: AsJson = False,
) -> int:
    """Erase all that is kept of a user: files, conversations, names, code and output, in every copy."""
    if not yes:
        msg = f"This erases all files, conversations and history of {user} for good. Add --yes to do it."
        raise UsageError(msg)
    with session_of(context).wiring() as wiring:
        wiring.begin(user)
        erasure = wiring.forget(user, by=By.user(user, "command line"))
        wiring.settle()
    if as_json:
        print_document(documents.erasure_document(erasure))
    elif erasure.keys_destroyed:
        people().print(
            f"{user} is forgotten: {erasure.files_purged} files are off the disk, the key is destroyed. "
            "The ledger's chain stays whole; what it held of them is unreadable for ever.",
            markup=False,
        )
    else:
        people().print(f"Nothing is kept of {user}.", markup=False)
    return ExitCode.DONE
