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
from interfaces.discord.packing import OpenFile, packed
from interfaces.discord.sending import Post
from interfaces.discord.text import MESSAGE_CHARACTERS, clipped, fenced, plain, shown_name, small
from interfaces.discord.widgets import SHOW_CODE, SHOW_FILES, SHOW_OUTPUT, run_buttons
from interfaces.waits import wait_text

OUTPUT_NAME = "output.txt"
NAMED = 5
GLANCE_LINES, GLANCE_COLUMNS, GLANCE_CHARACTERS = 20, 100, 700
"""What of a model's own output people are shown; all of it is behind a button."""

REASON_CHARACTERS = 150
NOTES_CHARACTERS = 900
"""Room for what is said beside the output: status, what was not kept, what is too large."""


@dataclass(frozen=True)
class Place:
    """What files may be sent where: how they are opened, and the largest that the place takes."""

    open_file: OpenFile
    limit_bytes: int


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
        small(_status(execution)),
        *_notes(execution, sent.left),
    ]
    actions = [SHOW_CODE]
    if shown != output and not texts:
        actions.append(SHOW_OUTPUT)
    if sent.left:
        actions.append(SHOW_FILES)
    batches: list[list[disnake.File]] = sent.batches or [[]]
    first = Post("\n".join(filter(None, lines)), run_buttons(execution.execution_id, *actions), batches[0])
    return [first, *(Post(files=batch) for batch in batches[1:])]


def code_post(past: PastExecution) -> Post:
    """Return the code of a run."""
    return _fenced_or_attached(past.code, "python", "code.py")


def output_post(past: PastExecution) -> Post:
    """Return what a run printed, as far as the ledger keeps it."""
    return _fenced_or_attached(past.output_tail or "(nothing was printed)", "", OUTPUT_NAME)


def files_posts(files: Sequence[LedgerFile], place: Place) -> list[Post]:
    """Return files of a run once more."""
    sent = packed(files, place.open_file, place.limit_bytes)
    words = "\n".join(_too_large(sent.left)) if files else "None of this run's files is left."
    batches = sent.batches or [[]]
    return [Post(words, files=batches[0]), *(Post(files=batch) for batch in batches[1:])]


def who_words(actor: str) -> str:
    """Return who did something, as people on Discord know them."""
    kind, _, name = actor.partition(":")
    if actor == SHUTDOWN_ACTOR:
        return "the bot, which is being restarted"
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


def _status(execution: Execution) -> str:
    seconds = f"{execution.duration_ms / 1000:.1f} s{wait_text(execution.package_wait_ms)}"
    if execution.stopped_by:
        return f"Cancelled by {who_words(execution.stopped_by)} after {seconds}"
    if execution.outcome is not Outcome.SUCCEEDED:
        reason = execution.explanation or _last_line(execution.stderr)
        what = execution.outcome.value.replace("_", " ").capitalize()
        return f"{what} after {seconds}" + (f": {_brief(reason)}" if reason else "")
    packages = [f"installed {_brief(', '.join(execution.packages_installed))}"]
    ran = f"Ran in {seconds}" + ("" if _output_of(execution) or execution.files else ", without output")
    return " · ".join([ran, *(packages if execution.packages_installed else [])])


def _brief(words: str) -> str:
    return shown_name(words, REASON_CHARACTERS)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _notes(execution: Execution, left: Sequence[LedgerFile]) -> list[str]:
    skipped = [small(f"Not kept: {_brief(why)}") for why in execution.skipped_outputs]
    if len(skipped) > 1:
        skipped[0] += f" (and {len(skipped) - 1} more)"
    return [*skipped[:1], *_too_large(left)]


def _too_large(left: Sequence[LedgerFile]) -> list[str]:
    if not left:
        return []
    names = ", ".join(f"{shown_name(file.filename, 40)} (`{file.file_id}`)" for file in left[:NAMED])
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    words = "Too large for Discord, even zipped, but kept in your files"
    return [f"{words}: {names}{more}. Ask me to split it, or to save it in a smaller format."]


def _fenced_or_attached(text: str, language: str, filename: str) -> Post:
    if len(block := fenced(text, language)) <= MESSAGE_CHARACTERS:
        return Post(block)
    return Post(files=[disnake.File(io.BytesIO(text.encode()), filename=filename)])
