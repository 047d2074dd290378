"""Forms that people fill in; what they are for stands in their custom id."""

from dataclasses import dataclass
from typing import Any

import disnake
from disnake.interactions.application_command import ApplicationCommandInteraction
from disnake.interactions.modal import ModalInteraction

from interfaces.discord.interactions import ALREADY_ACKNOWLEDGED
from interfaces.discord.words import Words

PREFIX = "run-form"
CODE = "code"
CODE_CHARACTERS = 4_000
WORD, WORD_CHARACTERS = "word", 40
_PUBLIC, _PRIVATE = "public", "private"


@dataclass(frozen=True)
class RunForm:
    """The form for code; `is_public` is who sees what comes of it."""

    is_public: bool

    @property
    def custom_id(self) -> str:
        """What the form is for."""
        return f"{PREFIX}:{_PUBLIC if self.is_public else _PRIVATE}"

    @classmethod
    def of(cls, custom_id: str) -> "RunForm | None":
        """Return the form of a custom id; None when it is none of ours."""
        forms = (cls(is_public=True), cls(is_public=False))
        return next((form for form in forms if form.custom_id == custom_id), None)

    async def open(self, inter: ApplicationCommandInteraction[Any]) -> None:
        """Show the form."""
        words = Words.of(inter)
        text = disnake.ui.TextInput(
            custom_id=CODE, style=disnake.TextInputStyle.paragraph, max_length=CODE_CHARACTERS
        )
        label = disnake.ui.Label(words("RUN_CODE"), text)
        await _open(inter, words("RUN_TITLE"), self.custom_id, label)

    def code_in(self, inter: ModalInteraction[Any]) -> str:
        """Return what was written into the form."""
        return inter.text_values[CODE]


class ForgetForm:
    """The form in which a word is typed before everything is erased."""

    custom_id = "forget-form"

    @classmethod
    def is_form(cls, custom_id: str) -> bool:
        """Tell whether a custom id is this form's."""
        return custom_id == cls.custom_id

    async def open(self, inter: ApplicationCommandInteraction[Any]) -> None:
        """Show the form, with what it would do."""
        words = Words.of(inter)
        text = disnake.ui.TextInput(custom_id=WORD, max_length=WORD_CHARACTERS)
        label = disnake.ui.Label(
            words("FORGET_LABEL", word=words("FORGET_WORD")), text, description=words("FORGET_NOTE")
        )
        await _open(inter, words("FORGET_TITLE"), self.custom_id, label)

    def is_confirmed(self, inter: ModalInteraction[Any]) -> bool:
        """Tell whether the word was typed, in the language that asked for it."""
        return inter.text_values[WORD].strip().casefold() == Words.of(inter)("FORGET_WORD").casefold()


async def _open(
    inter: ApplicationCommandInteraction[Any], title: str, custom_id: str, label: disnake.ui.Label
) -> None:
    try:
        await inter.response.send_modal(title=title, custom_id=custom_id, components=[label])
    except disnake.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:  # the form is open: only the word of it was lost
            raise
