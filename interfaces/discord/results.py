"""What a run made, as a message: text in a fence or attached, files within Discord's limits."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import disnake

from application.run_code import Execution
from domain.files import LedgerFile
from interfaces.discord.text import MESSAGE_CHARACTERS, fenced, shown_name

MAX_FILES = 10
REQUEST_BYTES = 24 * 2**20  # Discord takes 25 MiB a request
OUTPUT_NAME = "output.txt"
NAMED = 10

OpenFile = Callable[[str], tuple[LedgerFile, BinaryIO]]


@dataclass
class Result:
    """A message to send."""

    content: str
    files: list[disnake.File] = field(default_factory=list)


def result_of(execution: Execution, open_file: OpenFile, limit_bytes: int) -> Result:
    """Return an execution as a message; `limit_bytes` is what the place takes a file."""
    texts = (execution.stdout, execution.stderr, execution.explanation)
    output = "\n".join(text.rstrip() for text in texts if text.strip())
    kept, left = _fitting(execution.files, limit_bytes)
    notes = _notes(left)
    result = Result(notes)
    room = MESSAGE_CHARACTERS - len(notes) - 1
    if len(block := fenced(output)) <= room:
        result.content = f"{block}\n{notes}".strip() if output else notes or "Done, without output."
    else:
        result.files.append(disnake.File(io.BytesIO(output.encode()), filename=OUTPUT_NAME))
    for file in kept:
        _, content = open_file(file.file_id)
        with content:
            result.files.append(disnake.File(io.BytesIO(content.read()), filename=file.filename))
    return result


def _fitting(
    files: Sequence[LedgerFile], limit_bytes: int
) -> tuple[Sequence[LedgerFile], Sequence[LedgerFile]]:
    """Divide files into those that fit into one message and the rest."""
    kept: list[LedgerFile] = []
    left: list[LedgerFile] = []
    total = 0
    for file in files:
        fits = file.size_bytes <= limit_bytes and total + file.size_bytes <= REQUEST_BYTES
        if fits and len(kept) < MAX_FILES - 1:  # one place is the output's
            kept.append(file)
            total += file.size_bytes
        else:
            left.append(file)
    return kept, left


def _notes(left: Sequence[LedgerFile]) -> str:
    if not left:
        return ""
    names = ", ".join(f"{shown_name(file.filename, 60)} (`{file.file_id}`)" for file in left[:NAMED])
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    return f"Too large or too many to attach here, but kept in your files: {names}{more}."
