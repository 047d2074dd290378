"""How a run that a person wanted is shown: the one place for it, whatever button or form began it."""

from collections.abc import Awaitable

from interfaces.discord.answering import Interaction, deliver
from interfaces.discord.results import Result


async def show_run(inter: Interaction, running: Awaitable[Result]) -> None:
    """Answer an acknowledged interaction with what comes of a run."""
    result = await running
    await deliver(inter, result.content, files=result.files)
