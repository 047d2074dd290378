"""Commands of those who trust nobody: journal, checkpoint, prove, restore."""

from pathlib import Path
from typing import Annotated

import typer

from domain.errors import UsageError
from interfaces.cli import witness_documents as documents
from interfaces.cli import witness_rendering as rendering
from interfaces.cli.options import MAX_NUMBER, AsJson
from interfaces.cli.session import ExitCode, people, print_document, session_of


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (journal, checkpoint, prove, restore):
        app.command()(command)


def journal(
    context: typer.Context,
    renew: Annotated[
        bool, typer.Option("--renew", help="Set the journal aside and write a new one from the ledger.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring the journal up to the ledger's end, and tell what it holds."""
    with session_of(context).wiring() as wiring:
        aside = wiring.journal.renew() if renew else None
        wiring.journal.catch_up()
        status = wiring.journal.status()
    if as_json:
        print_document(documents.journal_document(status, aside))
    else:
        people().print(rendering.journal(status, aside), markup=False)
    return ExitCode.DONE


def checkpoint(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--list", help="Show the checkpoints; take none.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a copy there, too: keep one where the ledger is not."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Sign what the ledger holds: an Ed25519 signature over its Merkle root."""
    if show and output is not None:
        msg = "Give --list or --output, not both."
        raise UsageError(msg)
    with session_of(context).wiring() as wiring:
        taken = wiring.checkpoints.all() if show else [wiring.checkpoints.take()]
        copy = wiring.save_note(taken[0].note, output) if output is not None else None
    if as_json:
        print_document(documents.checkpoints_document(taken, copy))
    else:
        people().print(rendering.checkpoints(taken, copy), markup=False)
    return ExitCode.DONE


def prove(
    context: typer.Context,
    position: Annotated[
        int | None,
        typer.Argument(help="Position of an event in the whole ledger.", min=1, max=MAX_NUMBER),
    ] = None,
) -> int:
    """Prove that an event is under a checkpoint; without one, that the newest checkpoint extends the last.

    The proof is a JSON document that tools/verify_offline.py checks without the ledger.
    """
    with session_of(context).wiring() as wiring:
        if position is None:
            document = documents.consistency_document(wiring.prove.consistency())
        else:
            document = documents.inclusion_document(wiring.prove.inclusion(position))
    print_document(document)
    return ExitCode.DONE


def restore(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(metavar="JOURNAL", help="The folder of a journal.", show_default=False)
    ],
    as_json: AsJson = False,
) -> int:
    """Build the ledger from a journal alone, where there is none yet."""
    with session_of(context).wiring() as wiring:
        report = wiring.restore(source)
        wiring.journal.catch_up()
    if as_json:
        print_document(documents.restore_document(report))
    else:
        people().print(rendering.restored(report), markup=False)
    return ExitCode.DONE
