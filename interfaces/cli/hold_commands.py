"""Commands of the operator about legal holds: hold, release, holds."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from application.holds import HeldUser
from application.ledgers import By
from domain.metadata import admin_actor, time_text
from interfaces.cli.options import AsJson, User, login_name
from interfaces.cli.session import ExitCode, people, print_document, session_of
from interfaces.cli.text import moment_text, safe_text

FileOrAll = Annotated[
    str | None, typer.Argument(metavar="[FILE_ID]", help="One file; without it, all of the user's.")
]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.", show_default=False)]
Operator = Annotated[str | None, typer.Option("--by", help="The operator's id; default: who runs this.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (hold, release, holds):
        app.command()(command)


def hold(
    context: typer.Context,
    user: User,
    reason: Reason,
    file_id: FileOrAll = None,
    by: Operator = None,
    as_json: AsJson = False,
) -> int:
    """Let a file stay, or all that a user has: no expiry, eviction, deletion or erasure takes it."""
    with session_of(context).wiring() as wiring:
        held = wiring.holds.place(user, file_id, reason, _operator(by))
        wiring.settle()
    return _show([held], as_json=as_json)


def release(
    context: typer.Context,
    user: User,
    reason: Reason,
    file_id: FileOrAll = None,
    by: Operator = None,
    as_json: AsJson = False,
) -> int:
    """End a hold; what is due goes at once."""
    with session_of(context).wiring() as wiring:
        held = wiring.holds.release(user, file_id, reason, _operator(by))
        wiring.expire()
        wiring.settle()
    return _show([held], as_json=as_json)


def holds(
    context: typer.Context,
    user: Annotated[str | None, typer.Option("--user", help="Only this user.")] = None,
    as_json: AsJson = False,
) -> int:
    """List what is under a hold, and why."""
    with session_of(context).wiring() as wiring:
        held = wiring.holds.all(user)
    return _show(held, as_json=as_json)


def _operator(name: str | None) -> By:
    return By(admin_actor(name or login_name()), "command line")


def _show(users: Sequence[HeldUser], *, as_json: bool) -> int:
    rows = [row for held in users for row in _rows(held)]
    if as_json:
        print_document({"holds": rows})
        return ExitCode.DONE
    lines = [
        f"{held.user_id}: {hold.file_id or 'everything'} since {moment_text(hold.since)} "
        f"by {hold.actor}: {hold.reason}"
        for held in users
        for hold in held.holds
    ]
    for line in lines or ["Nothing is under a hold."]:
        people().print(safe_text(line), markup=False)
    return ExitCode.DONE


def _rows(held: HeldUser) -> list[dict[str, Any]]:
    return [
        {
            "user_id": held.user_id,
            "file_id": hold.file_id,
            "reason": hold.reason,
            "actor": hold.actor,
            "since": time_text(hold.since),
        }
        for hold in held.holds
    ]
