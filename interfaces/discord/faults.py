"""What can be wrong with the bot's account and its place, in one line with the remedy."""

from typing import Any

import disnake

from domain.errors import EnvironmentFaultError

PORTAL = "https://discord.com/developers/applications"
NO_TOKEN = (
    "There is no DISCORD_TOKEN. Make a bot at "
    f"{PORTAL}, copy its token (Bot, Reset Token) into DISCORD_TOKEN, and start again."
)
NEEDED = "View Channel, Send Messages, Embed Links, Attach Files and Read Message History"


def start_fault(error: Exception) -> EnvironmentFaultError | None:
    """Return why the bot cannot start, None for what is no fault of the surroundings."""
    if isinstance(error, disnake.LoginFailure):
        return EnvironmentFaultError(
            f"Discord refuses the token in DISCORD_TOKEN. Copy it anew from {PORTAL} (Bot, Reset Token)."
        )
    if isinstance(error, disnake.PrivilegedIntentsRequired):
        return EnvironmentFaultError(
            "DISCORD_CHANNEL_IDS needs to read every message there. Switch on the Message Content Intent at "
            f"{PORTAL} (Bot, Privileged Gateway Intents), or unset DISCORD_CHANNEL_IDS."
        )
    if isinstance(error, OSError):
        return EnvironmentFaultError(
            f"Discord cannot be reached ({error}). Check the network and start again."
        )
    if isinstance(error, disnake.DiscordException):
        return EnvironmentFaultError(f"Discord ended the connection: {error} Start again later.")
    return None


def permission_words(place: Any, error: disnake.Forbidden) -> str:
    """Return what the bot may not do where, and what to give it."""
    where = f"#{place.name}" if getattr(place, "name", None) else "a direct message"
    return (
        f"The bot may not answer in {where}: {error.text} (code {error.code}). Give its role {NEEDED} there."
    )
