"""Commands that look back: history, why, replay, verify."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from application.audit import DEFAULT_PAGE_EVENTS, HistoryFilter
from application.replay import Replay
from domain.errors import ReplayCancelledError, UsageError
from domain.reading import ReadMatter
from interfaces.cli import documents, render
from interfaces.cli.options import MAX_NUMBER, AsJson, FileId, User
from interfaces.cli.replay_progress import ReplayProgress
from interfaces.cli.session import ExitCode, complain, notices, people, print_document, session_of, write_out
from interfaces.cli.text import parse_time
from interfaces.cli.trail import Csv, JsonLines, write_trail


class View(StrEnum):
    """The views that can be rebuilt."""

    USER_FILES = "user_files"
    USER_QUOTAS = "user_quotas"
    EXECUTIONS = "executions"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (history, why, replay, verify):
        app.command()(command)


def history(
    context: typer.Context,
    user: User,
    file: Annotated[str | None, typer.Option(help="Only events about this file id.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type, e.g. FileUploaded.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only this actor, e.g. system:expiry.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before this time (ISO 8601).")] = None,
    until: Annotated[str | None, typer.Option(help="Not after this time (ISO 8601).")] = None,
    after: Annotated[
        int, typer.Option(help="The cursor: `next` of the page before.", min=0, max=MAX_NUMBER)
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option(
            help=f"Events a page. [default: {DEFAULT_PAGE_EVENTS}; with --jsonl and --csv all]",
            min=1,
            max=MAX_NUMBER,
        ),
    ] = None,
    as_json: AsJson = False,
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One event a line; the last line counts and hashes them.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table for spreadsheets; the last row counts and hashes.")
    ] = False,
) -> int:
    """Show the audit trail of a user."""
    if as_json + as_jsonl + as_csv > 1:
        msg = "Give one of --json, --jsonl and --csv."
        raise UsageError(msg)
    is_trail = as_jsonl or as_csv
    wanted = HistoryFilter(
        file_id=file,
        kind=kind,
        actor=actor,
        since=parse_time(since) if since else None,
        until=parse_time(until) if until else None,
        after=after,
        limit=limit or (None if is_trail else DEFAULT_PAGE_EVENTS),
    )
    session = session_of(context)
    with session.wiring() as wiring:
        operator = session.operator_for(wiring, user)
        if is_trail:
            up_to = wiring.history.length(user)  # a look that is recorded now is not yet in what it shows
            events = wiring.history.each(user, wanted, up_to=up_to)
            if operator is not None:
                wiring.look(operator, user, ReadMatter.HISTORY, wanted.after + 1, up_to)
                wiring.witness_now()
            write_trail(user, events, wanted.limit, JsonLines() if as_jsonl else Csv(), write_out)
            return ExitCode.DONE
        page = wiring.history(user, wanted)
        if operator is not None:
            wiring.look.at_page(operator, page)
            wiring.witness_now()
    if as_json:
        print_document(documents.history_document(page))
    else:
        render.show(people(), render.history(page))
    return ExitCode.DONE


def why(context: typer.Context, file_id: FileId, as_json: AsJson = False) -> int:
    """Say why a file is there or gone."""
    session = session_of(context)
    with session.wiring() as wiring:
        answer = wiring.why(file_id)
        session.look_at_file(wiring, file_id, ReadMatter.REASONS)
    if as_json:
        print_document(documents.why_document(answer))
    else:
        render.show(people(), render.why(answer))
    return ExitCode.DONE


def replay(
    context: typer.Context,
    user: Annotated[
        str | None, typer.Option("--user", help="Only this user's events; swaps nothing.")
    ] = None,
    view: Annotated[View | None, typer.Option(help="Only this view.")] = None,
    first: Annotated[
        int, typer.Option("--from", help="First position; swaps nothing.", min=1, max=MAX_NUMBER)
    ] = 1,
    last: Annotated[
        int | None, typer.Option("--to", help="Last position; swaps nothing.", min=1, max=MAX_NUMBER)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option(help="Build and compare, and leave the views as they are.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Rebuild the views from the ledger; one that is interrupted goes on the next time."""
    wanted = Replay(view=view.value if view else None, user_id=user, first=first, last=last, dry_run=dry_run)
    with session_of(context).wiring() as wiring, ReplayProgress(notices()) as progress:
        try:
            report = wiring.replay(wanted, progress.watch)
        except ReplayCancelledError as stopped:
            progress.stop()
            complain(str(stopped), as_json=as_json)
            return ExitCode.INTERRUPTED
    if as_json:
        print_document(documents.replay_document(report))
    else:
        render.show(people(), render.replay(report))
    return ExitCode.DONE


def verify(
    context: typer.Context,
    user: Annotated[str | None, typer.Option("--user", help="Only this user.")] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept elsewhere, to be held against the ledger."),
    ] = None,
    verifier_key: Annotated[
        list[str] | None, typer.Option(help="The key that must have signed it, as `checkpoint` prints it.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check chain, payloads, journal, checkpoints, blobs; exit 1 when something is not as it was written."""
    if user is not None and checkpoint:
        msg = "A checkpoint speaks of the whole ledger: give --user or --checkpoint, not both."
        raise UsageError(msg)
    with session_of(context).wiring() as wiring:
        outside = [wiring.witness(checkpoint, verifier_key or ())] if checkpoint else []
        report = wiring.verify(user, outside)
    if as_json:
        print_document(documents.verify_document(report))
    else:
        render.show(people(), render.verification(report))
    return ExitCode.DONE if report.ok else ExitCode.FOUND_WRONG
