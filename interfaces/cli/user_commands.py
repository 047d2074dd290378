"""Commands about all that is a user's: export, import, forget."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from application.ledgers import By
from domain.errors import UsageError
from domain.reading import ReadMatter
from interfaces.cli import documents
from interfaces.cli.options import AsJson, User
from interfaces.cli.session import ExitCode, people, print_document, session_of


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(export)
    app.command("import")(import_archive)
    app.command()(forget)


def export(
    context: typer.Context,
    user: User,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write; a folder gets fileledger-USER.zip.")
    ],
    as_json: AsJson = False,
) -> int:
    """Write everything of a user to one archive: files, history, receipts, conversations."""
    session = session_of(context)
    with session.wiring() as wiring:
        session.look(wiring, user, ReadMatter.EXPORT)
        exported, path = wiring.export_copy(user, output)
    if as_json:
        print_document(asdict(exported) | {"path": str(path), "size_bytes": path.stat().st_size})
    else:
        people().print(
            f"{exported.events} events, {exported.files} files and {exported.conversations} conversations "
            f"of {user} are in {path}",
            markup=False,
        )
    return ExitCode.DONE


def import_archive(
    context: typer.Context,
    archive: Annotated[Path, typer.Argument(help="What `export` wrote.", show_default=False)],
    as_json: AsJson = False,
) -> int:
    """Take in the archive of a user who is unknown here."""
    with session_of(context).wiring() as wiring:
        wiring.begin()
        imported = wiring.import_file(archive, By("system:import", "command line"))
        wiring.settle()
    if as_json:
        print_document(asdict(imported))
    else:
        people().print(
            f"{imported.events} events, {imported.files} files and {imported.conversations} conversations "
            f"of {imported.user_id} are here now.",
            markup=False,
        )
    return ExitCode.DONE


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
            f"{user} is forgotten: {_files(erasure.files_purged)} off the disk, the key is destroyed. "
            f"The ledger's chain stays whole; what it held of {user} is unreadable for ever.",
            markup=False,
        )
    else:
        people().print(f"Nothing is kept of {user}.", markup=False)
    return ExitCode.DONE


def _files(count: int) -> str:
    return "1 file is" if count == 1 else f"{count} files are"
