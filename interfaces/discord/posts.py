"""What a message shall be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import disnake

from interfaces.discord.widgets import Rows


@dataclass(frozen=True)
class Post:
    """A message of the bot's."""

    content: str = ""
    rows: Rows = field(default_factory=list)
    files: Sequence[disnake.File] = ()
    embed: disnake.Embed | None = None

    def body(self) -> dict[str, Any]:
        """Return it as Discord's API wants it."""
        rows = [row if isinstance(row, list) else [row] for row in self.rows]
        return {
            "content": self.content,
            "embeds": [self.embed.to_dict()] if self.embed else [],
            "components": [disnake.ui.ActionRow(*row).to_component_dict() for row in rows],
            "allowed_mentions": disnake.AllowedMentions.none().to_dict(),
        }
