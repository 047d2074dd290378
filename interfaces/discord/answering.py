"""Answers to interactions that arrive once: acknowledged in time, whatever the network loses."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import disnake
from disnake.interactions import base

Interaction = base.Interaction[Any]
Answer = Callable[[Interaction, Coroutine[Any, Any, None]], Awaitable[None]]
"""Gives an answer to an interaction; whatever goes wrong becomes a line to who acted."""

ALREADY_ACKNOWLEDGED = 40060
LAPSED = frozenset({10015, 50027})  # unknown webhook, invalid webhook token


async def acknowledge(inter: Interaction, *, is_private: bool = True, in_place: bool = False) -> None:
    """Tell Discord that an answer comes; `in_place` changes the message that was clicked.

    The client repeats a request that was answered with 500. When the first one had
    been carried out, the repetition is refused as already acknowledged: then all is well.
    An event told twice never comes so far (`FileBot.answer`).
    """
    try:
        await inter.response.defer(with_message=not in_place, ephemeral=is_private)
    except disnake.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:
            raise


async def deliver(inter: Interaction, content: str | None = None, **parts: Any) -> None:
    """Give the answer that was announced; one that took over 15 minutes arrives as a direct message."""
    try:
        await inter.edit_original_response(content, **parts)
    except disnake.HTTPException as error:
        if error.code not in LAPSED:
            raise
        for file in parts.get("files") or ():
            file.reset()
        await inter.author.send(content, **parts)


def telling(inter: Interaction) -> Callable[[str], Awaitable[Any]]:
    """Return what tells who acted, and nobody else, that something went wrong."""

    async def tell(text: str) -> None:
        if not inter.response.is_done():
            await acknowledge(inter)
        await deliver(inter, text)

    return tell
