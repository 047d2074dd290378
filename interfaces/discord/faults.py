"""What can be wrong with the bot's account and its place, in one line with the remedy."""

from typing import Any

import disnake

from domain.errors import EnvironmentFaultError

PORTAL = "https://discord.com/developers/applications"
NO_TOKEN = (
    "There is no DISCORD_TOKEN. Make a bot at "
    f"{PORTAL}, copy its token (Bot, Reset Token) into DISCORD_TOKEN, and start again."
)
TAKES_NO_MESSAGES = 50007
RIGHTS = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""What the bot needs, as its client calls it and as Discord shows it."""

NEEDED = ", ".join(RIGHTS.values())


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


def lacking_words(guild: disnake.Guild) -> str | None:
    """Return what the bot lacks in a server, None when it has all that it needs."""
    lacking = [shown for name, shown in RIGHTS.items() if not getattr(guild.me.guild_permissions, name)]
    if not lacking:
        return None
    return (
        f"In the server {guild.name} the bot's role lacks {', '.join(lacking)}: give it that in its settings."
    )


def unseen_words(channel_id: str) -> str:
    """Return that a channel of the settings is none that the bot sees."""
    return (
        f"DISCORD_CHANNEL_IDS names {channel_id}, a channel that the bot does not see. Invite it to that "
        "server, give its role View Channel there, or take the id out."
    )


def no_rights_words(place: Any) -> str:
    """Return where the bot was spoken to and may not answer, and what to give it."""
    return f"The bot may not write in #{place}, where it is spoken to. Give its role {NEEDED} there."


def permission_words(place: Any, error: disnake.Forbidden) -> str:
    """Return what the bot may not do where, and what to give it."""
    if error.code == TAKES_NO_MESSAGES:
        return (
            "An answer for one person alone came after Discord's 15 minutes and did not arrive: they take no "
            "direct messages from the bot. They find its files in /files and the run in /history."
        )
    where = f"#{place.name}" if getattr(place, "name", None) else "a direct message"
    return (
        f"The bot may not answer in {where}: {error.text} (code {error.code}). Give its role {NEEDED} there."
    )
