"""Commands that compare and connect: diff, provenance."""

from enum import StrEnum
from typing import Annotated

import typer

from domain.reading import ReadMatter
from interfaces.cli import documents, render, trace_rendering
from interfaces.cli.options import AsJson, FileId, User
from interfaces.cli.session import ExitCode, people, print_document, session_of, write_out
from interfaces.cli.text import parse_time
from interfaces.provenance_graphs import FORMATS


class Format(StrEnum):
    """How to draw a graph."""

    DOT = "dot"
    MERMAID = "mermaid"
    SVG = "svg"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(diff)
    app.command()(provenance)


def diff(
    context: typer.Context,
    since: Annotated[str, typer.Argument(metavar="T1", help="The earlier time (ISO 8601).")],
    until: Annotated[str, typer.Argument(metavar="T2", help="The later time (ISO 8601).")],
    user: User,
    as_json: AsJson = False,
) -> int:
    """Show which files of a user came and went between two times."""
    session = session_of(context)
    with session.wiring() as wiring:
        difference = wiring.compare(user, parse_time(since), parse_time(until))
        session.look(wiring, user, ReadMatter.FILE_LISTS)
    if as_json:
        print_document(documents.difference_document(difference))
    else:
        render.show(people(), trace_rendering.difference(difference))
    return ExitCode.DONE


def provenance(
    context: typer.Context,
    file_id: FileId,
    reverse: Annotated[bool, typer.Option("--reverse", help="What came of it instead.")] = False,
    graph_format: Annotated[
        Format | None, typer.Option("--format", help="As a graph for other programs, or a picture.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show which uploads and runs a file was made from, or what a file went into."""
    session = session_of(context)
    with session.wiring() as wiring:
        trace = wiring.trace(file_id, reverse=reverse)
        session.look_at_file(wiring, file_id, ReadMatter.PROVENANCE)
    if as_json or graph_format is Format.JSON:
        print_document(documents.trace_document(trace))
    elif graph_format is not None:
        write_out(FORMATS[graph_format.value](trace.graph).encode())
    else:
        render.show(people(), trace_rendering.trace(trace))
    return ExitCode.DONE
