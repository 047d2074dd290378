"""A scene as a page of HTML that looks like a chat."""

import base64
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from tests.support.discord_server import Attachment, Message
from tests.support.discord_server.values import ComponentKind, Json
from tests.transcript.markup import html_of
from tests.transcript.session import Scene, Stage

STYLE = Path(__file__).with_name("style.css")
BUTTONS = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link"}
COLOURS = {True: "#5865f2", False: "#e67e22"}


class Page:
    """Draws scenes."""

    def __init__(self, at: Stage, font_style: str) -> None:
        self._at, self._font_style = at, font_style
        self._now = datetime.now(UTC)

    def html(self, scene: Scene) -> str:
        """Return the page of a scene."""
        messages = "\n".join(self._message(message, scene) for message in scene.messages)
        style = self._font_style + STYLE.read_text(encoding="utf-8")
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}</style>'
            f'<main id="scene">{messages}</main></html>'
        )

    def _message(self, message: Message, scene: Scene) -> str:
        author = message.author
        name, initial = escape(author.name.title()), escape(author.name[0].upper())
        tag = '<span class="tag">APP</span>' if author.is_bot else ""
        parts = [
            self._above(message, scene),
            f'<div class="avatar" style="background:{COLOURS[author.is_bot]}">{initial}</div>',
            f'<div class="head"><b>{name}</b>{tag}<time>{message.created_at:%H:%M}</time></div>',
            f'<div class="text">{self._text(message.content)}</div>' if message.content else "",
            *map(self._embed, message.embeds),
            *map(self._attachment, message.attachments),
            *map(_row, message.components),
            '<div class="only">Only you can see this</div>' if message.is_ephemeral else "",
        ]
        kind = " ephemeral" if message.is_ephemeral else ""
        return f'<article class="message{kind}">{"".join(parts)}</article>'

    def _above(self, message: Message, scene: Scene) -> str:
        """Return the line above a message: what it answers."""
        if (command := scene.doing.get(message.id)) is not None:
            used = f'<b>Ada</b> used <i class="mention">{escape(command)}</i>'
            return f'<div class="above"><span>{used}</span></div>'
        replied = self._at.discord.world.messages.get(message.replies_to or "")
        if replied is None:
            return ""
        text = (
            html_of(replied.content, self._at.name_of, self._now).removeprefix("<p>").removesuffix("</p>\n")
        )
        return f'<div class="above"><span><b>@{escape(replied.author.name.title())}</b> {text}</span></div>'

    def _text(self, text: str) -> str:
        return html_of(text, self._at.name_of, self._now)

    def _embed(self, embed: Json) -> str:
        fields = "".join(
            f'<div class="{"inline" if field.get("inline") else "field"}"><b>{self._text(field["name"])}</b>'
            f"{self._text(field['value'])}</div>"
            for field in embed.get("fields") or ()
        )
        footer = (embed.get("footer") or {}).get("text", "")
        colour = f"#{embed['color']:06x}" if embed.get("color") is not None else "#4e5058"
        return (
            f'<div class="embed" style="border-color:{colour}">'
            f"<h4>{self._text(embed.get('title') or '')}</h4>{self._text(embed.get('description') or '')}"
            f'<div class="fields">{fields}</div><footer>{escape(footer)}</footer></div>'
        )

    def _attachment(self, attachment: Attachment) -> str:
        if (attachment.content_type or "").startswith("image/"):
            data = base64.b64encode(self._at.content_of(attachment.id)).decode()
            return f'<img class="picture" src="data:{attachment.content_type};base64,{data}" alt="">'
        size = f"{attachment.size_bytes / 1024:.1f} KB"
        return (
            f'<div class="file"><div class="sheet"></div><div><span class="mention">'
            f"{escape(attachment.filename)}</span><br><small>{size}</small></div></div>"
        )


def _row(row: Json) -> str:
    return f'<div class="row">{"".join(map(_widget, row.get("components") or ()))}</div>'


def _widget(widget: Json) -> str:
    if widget["type"] == ComponentKind.BUTTON:
        return f'<span class="button {BUTTONS[widget["style"]]}">{escape(widget.get("label") or "")}</span>'
    return f'<span class="select">{escape(widget.get("placeholder") or "")}<i></i></span>'
