"""Buttons and selects that outlive a restart: everything they mean is in their custom id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import disnake
from disnake.ui.select.string import StringSelect

from application.analyses import ANALYSES
from domain.files import LedgerFile, is_file_id
from interfaces.discord.text import clipped
from interfaces.discord.words import ENGLISH, Words
from interfaces.sizes import size_text

PREFIX = "file"
PICK = f"{PREFIX}:pick"
DOWNLOAD, WHY, HISTORY = "download", "why", "history"
RUN_PREFIX, CANCEL_PREFIX = "run", "cancel"
SHOW_CODE, SHOW_OUTPUT, SHOW_FILES = "code", "output", "files"
RUN_ACTIONS = frozenset({SHOW_CODE, SHOW_OUTPUT, SHOW_FILES})
DELETE, CONFIRMED = "delete", "delete-confirmed"
ACTIONS = frozenset({*ANALYSES, DOWNLOAD, WHY, HISTORY, DELETE, CONFIRMED})
MAX_OPTIONS = 25
OPTION_CHARACTERS = 100

Rows = list[Any]


@dataclass(frozen=True)
class FileAction:
    """What a button does to which file."""

    action: str
    file_id: str

    @property
    def custom_id(self) -> str:
        """The action as a button carries it."""
        return f"{PREFIX}:{self.action}:{self.file_id}"

    @classmethod
    def of(cls, custom_id: str | None) -> "FileAction | None":
        """Return the action of a custom id; None when it is none of ours."""
        prefix, _, rest = (custom_id or "").partition(":")
        action, _, file_id = rest.partition(":")
        is_ours = prefix == PREFIX and action in ACTIONS and is_file_id(file_id)
        return cls(action, file_id) if is_ours else None


@dataclass(frozen=True)
class RunAction:
    """What a button shows of a past run."""

    action: str
    execution_id: str

    @property
    def custom_id(self) -> str:
        """The action as a button carries it."""
        return f"{RUN_PREFIX}:{self.action}:{self.execution_id}"

    @classmethod
    def of(cls, custom_id: str | None) -> "RunAction | None":
        """Return the action of a custom id; None when it is none of ours."""
        prefix, _, rest = (custom_id or "").partition(":")
        action, _, execution_id = rest.partition(":")
        is_ours = prefix == RUN_PREFIX and action in RUN_ACTIONS and execution_id
        return cls(action, execution_id) if is_ours else None


def run_buttons(execution_id: str, words: Words, *actions: str) -> Rows:
    """Return the row of what a past run can show."""
    ids = [(words(f"SHOW_{action.upper()}"), RunAction(action, execution_id).custom_id) for action in actions]
    return [[disnake.ui.Button(label=label, custom_id=custom_id) for label, custom_id in ids]]


def cancel_button(work_id: str, words: Words) -> Rows:
    """Return the button that stops what goes on."""
    danger = disnake.ButtonStyle.danger
    return [[disnake.ui.Button(label=words("CANCEL"), style=danger, custom_id=f"{CANCEL_PREFIX}:{work_id}")]]


def work_to_cancel(custom_id: str | None) -> str | None:
    """Return the work that a Cancel button stops; None for any other button."""
    prefix, _, work_id = (custom_id or "").partition(":")
    return work_id if prefix == CANCEL_PREFIX and work_id else None


def file_buttons(file_id: str, words: Words = ENGLISH) -> Rows:
    """Return the row of what is done first with a new file."""
    return [[*_analysis_buttons(file_id, words), _button(DELETE, file_id, words)]]


def card_buttons(file_id: str, words: Words) -> Rows:
    """Return the rows of all that can be done with a file."""
    actions = (DOWNLOAD, WHY, HISTORY, DELETE)
    return [_analysis_buttons(file_id, words), [_button(action, file_id, words) for action in actions]]


def confirm_button(file_id: str, words: Words) -> Rows:
    """Return the button that deletes for good."""
    return [_button(CONFIRMED, file_id, words)]


def file_picker(files: Sequence[LedgerFile], words: Words = ENGLISH) -> Rows:
    """Return a select of files; the newest come first when they are too many."""
    options = [
        disnake.SelectOption(
            label=clipped(file.filename, OPTION_CHARACTERS),
            value=file.file_id,
            description=f"{file.file_type}, {size_text(file.size_bytes)}",
        )
        for file in list(reversed(files))[:MAX_OPTIONS]
    ]
    return [StringSelect(custom_id=PICK, placeholder=words("CHOOSE"), options=options)]


def _analysis_buttons(file_id: str, words: Words) -> Rows:
    return [_button(name, file_id, words) for name in ANALYSES]


def _button(action: str, file_id: str, words: Words) -> Any:
    is_dangerous = action in {DELETE, CONFIRMED}
    style = disnake.ButtonStyle.danger if is_dangerous else disnake.ButtonStyle.secondary
    label = words(action.upper().replace("-", "_"))
    return disnake.ui.Button(label=label, style=style, custom_id=FileAction(action, file_id).custom_id)
