"""Answers that appear once, although the request for them may arrive twice.

The client repeats a request that was answered with 500, also when it had been
carried out. Discord drops the repetition when the message has a nonce that is to
be unique (`enforce_nonce`), which the client's own methods do not offer.
"""

import disnake
from disnake.http import HTTPClient, Route

from interfaces.discord.widgets import Rows


async def answer_once(
    http: HTTPClient, message: disnake.Message, embed: disnake.Embed, widgets: Rows
) -> None:
    """Reply to a message with a card; a second reply within minutes is the first one.

    It stands alone when the message is gone.
    """
    rows = [row if isinstance(row, list) else [row] for row in widgets]
    reference = {"message_id": str(message.id), "fail_if_not_exists": False}
    body = {
        "embeds": [embed.to_dict()],
        "components": [disnake.ui.ActionRow(*row).to_component_dict() for row in rows],
        "message_reference": reference,
        "allowed_mentions": disnake.AllowedMentions.none().to_dict(),
        "nonce": str(message.id),
        "enforce_nonce": True,
    }
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=message.channel.id)
    await http.request(route, json=body)
