"""Forms that people fill in; what they are for stands in their custom id."""

from dataclasses import dataclass
from typing import Any

import disnake
from disnake.interactions.application_command import ApplicationCommandInteraction
from disnake.interactions.modal import ModalInteraction

from interfaces.discord.answering import ALREADY_ACKNOWLEDGED
from interfaces.discord.words import Words

PREFIX = "run-form"
CODE = "code"
CODE_CHARACTERS = 4_000
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
        try:
            await inter.response.send_modal(
                title=words("RUN_TITLE"), custom_id=self.custom_id, components=[label]
            )
        except disnake.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:  # the form is open: only the word of it was lost
                raise

    def code_in(self, inter: ModalInteraction[Any]) -> str:
        """Return what was written into the form."""
        return inter.text_values[CODE]
