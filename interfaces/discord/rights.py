"""What the bot may do in a channel, and how an answer makes do with less."""

from dataclasses import dataclass, replace
from typing import Any

import disnake

from interfaces.discord.posts import Post
from interfaces.discord.text import MESSAGE_CHARACTERS, clipped, shown_name, small
from interfaces.discord.words import Words

NAMES_CHARACTERS = 300


@dataclass(frozen=True)
class Rights:
    """What is allowed; all of it in a direct message."""

    may_write: bool = True
    may_embed: bool = True
    may_attach: bool = True
    may_reply: bool = True

    @classmethod
    def of(cls, permissions: disnake.Permissions, channel: Any) -> "Rights":
        """Return what permissions allow in a channel; threads have a right to write of their own."""
        is_thread = isinstance(channel, disnake.Thread)
        writes = permissions.send_messages_in_threads if is_thread else permissions.send_messages
        return cls(
            may_write=permissions.view_channel and writes,
            may_embed=permissions.embed_links,
            may_attach=permissions.attach_files,
            may_reply=permissions.read_message_history,
        )

    @classmethod
    def there(cls, channel: Any) -> "Rights":
        """Return what is allowed in a channel; everything where nothing can be known."""
        guild, look = getattr(channel, "guild", None), getattr(channel, "permissions_for", None)
        return cls() if guild is None or look is None else cls.of(look(guild.me), channel)

    def fit(self, post: Post, words: Words) -> Post:
        """Return a message that may be sent: a card as text, files named instead of attached."""
        if post.embed is not None and not self.may_embed:
            told = "\n".join(filter(None, (post.content, embed_text(post.embed))))
            post = replace(post, content=clipped(told, MESSAGE_CHARACTERS), embed=None)
        if post.files and not self.may_attach:
            names = ", ".join(shown_name(file.filename or "", 60) for file in post.files)
            note = small(words("MAY_NOT_ATTACH", names=clipped(names, NAMES_CHARACTERS)))
            content = clipped(post.content, MESSAGE_CHARACTERS - len(note) - 1)
            post = replace(post, content=f"{content}\n{note}".strip(), files=())
        return post


ALL = Rights()


def embed_text(embed: disnake.Embed) -> str:
    """Return what a card says, as text."""
    lines = [f"**{embed.title}**" if embed.title else "", embed.description or ""]
    lines += [f"**{field.name}**\n{field.value}" for field in embed.fields]
    return "\n".join(filter(None, [*lines, small(embed.footer.text) if embed.footer.text else ""]))
