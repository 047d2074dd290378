"""Commands for files: upload, files, download, delete, expire."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from application.ledgers import By
from application.upload import Receipt
from domain.errors import FileLedgerError, UsageError
from domain.reading import ReadMatter
from interfaces.cli import documents, render
from interfaces.cli.options import MAX_NUMBER, AsJson, FileId, User
from interfaces.cli.session import ExitCode, exit_code_of, notices, people, print_document, session_of
from interfaces.cli.text import parse_time
from interfaces.wiring import Wiring

CHUNK_BYTES = 1 << 20


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (upload, files, download, delete, expire):
        app.command()(command)


def upload(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files to upload.", show_default=False)],
    user: User,
    as_json: AsJson = False,
) -> int:
    """Record and keep files; the oldest make room."""
    receipts: list[Receipt] = []
    errors: list[dict[str, Any]] = []
    code = ExitCode.DONE
    with session_of(context).wiring() as wiring:
        wiring.begin(user)
        for path in paths:
            try:
                receipts.append(upload_path(wiring, user, path))
            except FileLedgerError as error:
                code = max(code, exit_code_of(error))
                errors.append({"path": str(path), "error": str(error)})
                notices().print(str(error), style="red", markup=False, soft_wrap=True)
                continue
            if not as_json:
                render.show(people(), render.receipt(receipts[-1], wiring.clock.now()))
        if receipts:
            wiring.settle()
        if as_json:
            limit = wiring.policy.limits.max_files
            print_document(documents.upload_document(user, receipts, errors, limit))
    return code


def upload_path(wiring: Wiring, user: str, path: Path) -> Receipt:
    """Upload a local file.

    Raises:
        UsageError: the path is no readable regular file.
    """
    source = f"cli:{token_hex(12)}"
    with_cause = By.user(user, "command line")
    return wiring.upload(user, path.name, _chunks(path), source=source, by=with_cause)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        # O_NONBLOCK: opening a pipe must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                msg = f"{str(path)!r} is not a regular file; give the path of a file."
                raise UsageError(msg)
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        msg = f"Cannot read {str(path)!r}: {error.strerror}. Check the path and its permissions."
        raise UsageError(msg) from error


def files(
    context: typer.Context,
    user: User,
    as_of: Annotated[str | None, typer.Option(help="The list as it was at this time (ISO 8601).")] = None,
    at: Annotated[
        int | None, typer.Option(help="The list as it was after this sequence number.", max=MAX_NUMBER)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """List the current files, or those of the past."""
    if as_of is not None and at is not None:
        msg = "Give --as-of or --at, not both."
        raise UsageError(msg)
    session = session_of(context)
    with session.wiring() as wiring:
        if as_of is not None:
            listing = wiring.past_files.as_of(user, parse_time(as_of))
        elif at is not None:
            listing = wiring.past_files.at(user, at)
        else:
            wiring.begin(user)
            listing = wiring.list_files(user)
        session.look(wiring, user, ReadMatter.FILE_LISTS)
        if as_json:
            print_document(documents.listing_document(listing))
        else:
            is_current = as_of is None and at is None
            render.show(people(), render.listing(listing, wiring.clock.now(), is_current=is_current))
    return ExitCode.DONE


def download(
    context: typer.Context,
    file_id: FileId,
    user: User,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write; a folder keeps the file's name.")
    ],
    as_json: AsJson = False,
) -> int:
    """Get a file's bytes back, uploaded or generated."""
    session = session_of(context)
    with session.wiring() as wiring:
        session.look(wiring, user, ReadMatter.BYTES)
        file, path = wiring.save_copy(user, file_id, output)
        if as_json:
            print_document(documents.file_document(user, file) | {"path": str(path)})
        else:
            people().print(f"{file.filename} written to {path}", markup=False)
    return ExitCode.DONE


def delete(context: typer.Context, file_id: FileId, user: User, as_json: AsJson = False) -> int:
    """Delete a file; its bytes leave the disk."""
    with session_of(context).wiring() as wiring:
        wiring.begin(user)
        file = wiring.delete_file(user, file_id)
        wiring.settle()
        if as_json:
            print_document({"deleted": documents.file_document(user, file)})
        else:
            people().print(f"{file.filename} ({file.file_id}) is deleted.", markup=False)
    return ExitCode.DONE


def expire(
    context: typer.Context,
    now: Annotated[str | None, typer.Option(help="Take this for the present (ISO 8601).")] = None,
    as_json: AsJson = False,
) -> int:
    """Emit the expiries that are due."""
    with session_of(context).wiring() as wiring:
        expired = wiring.expire(parse_time(now) if now is not None else None)
        wiring.settle()
        if as_json:
            print_document({"expired": expired})
        else:
            people().print(f"{len(expired)} files expired. {' '.join(expired)}".rstrip(), markup=False)
    return ExitCode.DONE
