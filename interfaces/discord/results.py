"""What a run made, as messages: pictures and files, text in a fence or attached, code behind a button."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import disnake

from application.executions import PastExecution
from application.run_code import Execution
from application.stops import SHUTDOWN_ACTOR
from domain.executions import Outcome
from domain.files import LedgerFile
from interfaces.discord.packing import OpenFile, Packed, packed
from interfaces.discord.posts import Post
from interfaces.discord.text import MESSAGE_CHARACTERS, clipped, fenced, plain, shown_name, small
from interfaces.discord.widgets import SHOW_CODE, SHOW_FILES, SHOW_OUTPUT, run_buttons
from interfaces.discord.words import Words
from interfaces.sizes import size_text
from interfaces.waits import WORTH_TELLING_MS

OUTPUT_NAME = "output.txt"
NAMED = 5
GLANCE_LINES, GLANCE_COLUMNS, GLANCE_CHARACTERS = 20, 100, 700
"""What of a model's own output people are shown; all of it is behind a button."""

REASON_CHARACTERS = 150
NOTES_CHARACTERS = 900
"""Room for what is said beside the output: status, what was not kept, what is too large."""


@dataclass(frozen=True)
class Place:
    """Where messages go: how their files are opened, the largest that is taken, and who reads."""

    open_file: OpenFile
    limit_bytes: int
    words: Words


def run_posts(execution: Execution, place: Place, *, is_models: bool) -> list[Post]:
    """Return a run as messages. Of a run of the model's only a glance at the output is shown.

    What the model corrects by itself is told in a line; what a person ran is told in full.
    """
    output = _output_of(execution)
    is_whole = not is_models and len(fenced(output)) <= MESSAGE_CHARACTERS - NOTES_CHARACTERS
    shown = output if is_whole else _glance(output)
    if is_models and execution.outcome is not Outcome.SUCCEEDED:
        shown = ""
    texts = [] if is_models or is_whole else [(OUTPUT_NAME, output)]
    sent = packed(execution.files, place.open_file, place.limit_bytes, texts)
    lines = [
        fenced(shown) if shown else "",
        small(_status(execution, place.words)),
        *_notes(execution, place.words),
        *packing_notes(sent, place),
    ]
    actions = [SHOW_CODE]
    if shown != output and not texts:
        actions.append(SHOW_OUTPUT)
    if sent.left:
        actions.append(SHOW_FILES)
    batches: list[list[disnake.File]] = sent.batches or [[]]
    first = Post(
        "\n".join(filter(None, lines)), run_buttons(execution.execution_id, place.words, *actions), batches[0]
    )
    return [first, *(Post(files=batch) for batch in batches[1:])]


def code_post(past: PastExecution) -> Post:
    """Return the code of a run."""
    return _fenced_or_attached(past.code, "python", "code.py")


def output_post(past: PastExecution, words: Words) -> Post:
    """Return what a run printed, as far as the ledger keeps it."""
    if not past.output_tail.strip():
        return Post(small(words("NO_OUTPUT")))
    return _fenced_or_attached(past.output_tail, "", OUTPUT_NAME)


def files_posts(files: Sequence[LedgerFile], place: Place) -> list[Post]:
    """Return files that the user has, once more."""
    sent = packed(files, place.open_file, place.limit_bytes)
    told = "\n".join(packing_notes(sent, place)) if files else place.words("NO_FILES_LEFT")
    batches = sent.batches or [[]]
    return [Post(told, files=batches[0]), *(Post(files=batch) for batch in batches[1:])]


def who_words(actor: str, words: Words) -> str:
    """Return who did something, as people on Discord know them."""
    kind, _, name = actor.partition(":")
    if actor == SHUTDOWN_ACTOR:
        return words("THE_BOT_ITSELF")
    return f"<@{name}>" if kind in {"user", "admin"} and name.isdigit() else plain(actor)


def _output_of(execution: Execution) -> str:
    texts = (execution.stdout, execution.stderr)
    return "\n".join(text.rstrip() for text in texts if text.strip())


def _glance(output: str) -> str:
    """Return the first lines that fit, each cut where it would only wrap; what is short is whole."""
    lines = output.split("\n")
    is_narrow = all(len(line) <= GLANCE_COLUMNS for line in lines)
    if is_narrow and len(lines) <= GLANCE_LINES and len(output) <= GLANCE_CHARACTERS:
        return output
    shown: list[str] = []
    room = GLANCE_CHARACTERS
    for line in lines[:GLANCE_LINES]:
        cut = clipped(line, GLANCE_COLUMNS)
        room -= len(cut) + 1
        if room < 0:
            break
        shown.append(cut)
    return "\n".join([*shown, "…"] if len(shown) < len(lines) else shown)


def _status(execution: Execution, words: Words) -> str:
    time = _time(execution, words)
    if execution.stopped_by:
        return words("RUN_CANCELLED", who=who_words(execution.stopped_by, words), time=time)
    if execution.outcome is not Outcome.SUCCEEDED:
        reason = execution.explanation or _last_line(execution.stderr)
        outcome = words(f"OUTCOME_{execution.outcome}")
        ended = words("RUN_ENDED", outcome=outcome[:1].upper() + outcome[1:], time=time)
        return ended + (f": {_brief(reason)}" if reason else "")
    has_result = _output_of(execution) or execution.files
    ran = words("RUN_DONE", time=time) if has_result else words("RUN_SILENT", time=time)
    packages = _brief(", ".join(execution.packages_installed))
    return f"{ran} · {words('RUN_INSTALLED', packages=packages)}" if packages else ran


def _time(execution: Execution, words: Words) -> str:
    waited, ran = (f"{ms / 1000:.1f} s" for ms in (execution.package_wait_ms, execution.duration_ms))
    is_worth_telling = execution.package_wait_ms >= WORTH_TELLING_MS
    return words("TIME_AND_WAIT", time=ran, wait=waited) if is_worth_telling else ran


def _brief(words: str) -> str:
    return shown_name(words, REASON_CHARACTERS)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _notes(execution: Execution, words: Words) -> list[str]:
    skipped = execution.skipped_outputs
    if not skipped:
        return []
    return [small(words("NOT_KEPT", why=_and_more([_brief(skipped[0])], len(skipped) - 1, words)))]


def packing_notes(sent: Packed, place: Place) -> list[str]:
    """Return what has to be said about files that could not come as they are."""
    limit, words, told = size_text(place.limit_bytes), place.words, list[str]()
    if sent.zipped:
        told.append(words("ZIPPED", names=_names(sent.zipped, words), limit=limit))
    if sent.left:
        told.append(words("TOO_LARGE", names=_names(sent.left, words), limit=limit))
    return told


def _names(files: Sequence[LedgerFile], words: Words) -> str:
    names = [f"{shown_name(file.filename, 40)} (`{file.file_id}`)" for file in files[:NAMED]]
    return _and_more(names, len(files) - NAMED, words)


def _and_more(shown: Sequence[str], more: int, words: Words) -> str:
    """Return what is shown, and how many more there are."""
    joined = ", ".join(shown)
    return words("AND_MORE", shown=joined, more=more) if more > 0 else joined


def _fenced_or_attached(text: str, language: str, filename: str) -> Post:
    if len(block := fenced(text, language)) <= MESSAGE_CHARACTERS:
        return Post(block)
    return Post(files=[disnake.File(io.BytesIO(text.encode()), filename=filename)])
