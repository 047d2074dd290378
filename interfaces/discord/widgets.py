"""Buttons and selects that outlive a restart: everything they mean is in their custom id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import disnake
from disnake.ui.select.string import StringSelect

from application.analyses import ANALYSES
from domain.files import LedgerFile, is_file_id
from interfaces.cli.text import size_text
from interfaces.discord.text import clipped

PREFIX = "file"
PICK = f"{PREFIX}:pick"
DELETE, CONFIRMED = "delete", "delete-confirmed"
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
        known = action in {*ANALYSES, DELETE, CONFIRMED}
        return cls(action, file_id) if prefix == PREFIX and known and is_file_id(file_id) else None


def file_buttons(file_id: str) -> Rows:
    """Return the row of what can be done with a file."""
    buttons: Rows = [
        disnake.ui.Button(label=analysis.title, custom_id=FileAction(name, file_id).custom_id)
        for name, analysis in ANALYSES.items()
    ]
    danger = disnake.ButtonStyle.danger
    buttons.append(
        disnake.ui.Button(label="Delete", style=danger, custom_id=FileAction(DELETE, file_id).custom_id)
    )
    return [buttons]


def confirm_button(file_id: str) -> Rows:
    """Return the button that deletes for good."""
    custom_id = FileAction(CONFIRMED, file_id).custom_id
    return [disnake.ui.Button(label="Delete it", style=disnake.ButtonStyle.danger, custom_id=custom_id)]


def file_picker(files: Sequence[LedgerFile]) -> Rows:
    """Return a select of files; the newest come first when they are too many."""
    options = [
        disnake.SelectOption(
            label=clipped(file.filename, OPTION_CHARACTERS),
            value=file.file_id,
            description=f"{file.file_type}, {size_text(file.size_bytes)}",
        )
        for file in list(reversed(files))[:MAX_OPTIONS]
    ]
    return [StringSelect(custom_id=PICK, placeholder="Choose a file", options=options)]
