"""Commands that look back: history, why, replay, verify."""

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from application.audit import DEFAULT_PAGE_EVENTS, History, HistoryFilter
from application.replay import Replay
from domain.errors import UsageError
from interfaces.cli import documents, render
from interfaces.cli.options import MAX_NUMBER, AsJson, FileId, User
from interfaces.cli.session import ExitCode, notices, people, print_document, session_of, write_out
from interfaces.cli.text import parse_time

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
    limit: Annotated[int, typer.Option(help="Events a page.", min=1)] = DEFAULT_PAGE_EVENTS,
    as_json: AsJson = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="One event a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table for spreadsheets.")] = False,
) -> int:
    """Show the audit trail of a user."""
    if as_json + as_jsonl + as_csv > 1:
        msg = "Give one of --json, --jsonl and --csv."
        raise UsageError(msg)
    wanted = HistoryFilter(
        file_id=file,
        kind=kind,
        actor=actor,
        since=parse_time(since) if since else None,
        until=parse_time(until) if until else None,
        after=after,
        limit=limit,
    )
    with session_of(context).wiring() as wiring:
        page = wiring.history(user, wanted)
    if as_json:
        print_document(documents.history_document(page))
    elif as_jsonl:
        _print_lines(page)
    elif as_csv:
        _print_table(page)
    else:
        render.show(people(), render.history(page))
    return ExitCode.DONE


def _print_lines(page: History) -> None:
    for recorded in page.events:
        write_out(orjson.dumps(documents.event_document(recorded)) + b"\n")


def _print_table(page: History) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(["sequence", "position", "at", "type", "actor", "cause", "data"])
    for recorded in page.events:
        row = documents.event_document(recorded)
        row["data"] = orjson.dumps(row["data"]).decode()
        writer.writerow([_inert(value) for value in row.values()])


def _inert(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def why(context: typer.Context, file_id: FileId, as_json: AsJson = False) -> int:
    """Say why a file is there or gone."""
    with session_of(context).wiring() as wiring:
        answer = wiring.why(file_id)
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
    """Rebuild the views from the ledger."""
    wanted = Replay(view=view.value if view else None, user_id=user, first=first, last=last, dry_run=dry_run)
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        session_of(context).wiring() as wiring,
        Progress(*columns, console=notices(), transient=True) as progress,
    ):
        task = progress.add_task("events", total=None)
        report = wiring.replay(wanted, lambda done, total: progress.update(task, completed=done, total=total))
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
