import io
from typing import Any

import disnake
import pytest

from tests.integration.discord_server.conftest import RunBot
from tests.support.discord_server import DiscordServer, Permission
from tests.support.running_bot import RunningBot


def send(bot: RunningBot, discord: DiscordServer, *arguments: Any, **options: Any) -> disnake.Message:
    """Have the bot write to the guild's channel, whatever its client thinks of it."""
    channel = bot.client.get_partial_messageable(int(discord.channel.id))
    return bot.do(channel.send(*arguments, **options))


def refusal(bot: RunningBot, discord: DiscordServer, *arguments: Any, **options: Any) -> int:
    """Return the code with which a message is refused."""
    with pytest.raises(disnake.HTTPException) as caught:
        send(bot, discord, *arguments, **options)
    return caught.value.code


def test_a_hidden_channel_is_no_access(discord: DiscordServer, run_bot: RunBot) -> None:
    """What the bot cannot see it cannot touch: 50001."""
    bot = run_bot()
    discord.deny(discord.channel, Permission.VIEW_CHANNEL)

    assert refusal(bot, discord, "hello") == 50001


def test_a_hidden_channel_is_silent(discord: DiscordServer, run_bot: RunBot) -> None:
    """Nothing that is said in it reaches the bot."""
    heard: list[str] = []
    run_bot(lambda client: client.add_listener(_noting(heard), "on_message"))
    discord.deny(discord.channel, Permission.VIEW_CHANNEL)
    alice = discord.person("alice")

    alice.ask_bot("unheard")
    discord.deny(discord.channel)
    alice.ask_bot("heard")
    discord.until(lambda: heard or None)

    assert heard == [f"{discord.world.bot.mention} heard"]


def _noting(heard: list[str]) -> Any:
    async def note(message: disnake.Message) -> None:
        heard.append(message.content)
        await message.add_reaction("👂")

    return note


def test_a_channel_that_may_only_be_read_is_no_permission(discord: DiscordServer, run_bot: RunBot) -> None:
    """Writing where it is denied: 50013."""
    bot = run_bot()
    discord.deny(discord.channel, Permission.SEND_MESSAGES)

    assert refusal(bot, discord, "hello") == 50013


def test_files_need_a_permission_of_their_own(discord: DiscordServer, run_bot: RunBot) -> None:
    """Texts still pass where files are denied."""
    bot = run_bot()
    discord.deny(discord.channel, Permission.ATTACH_FILES)

    assert refusal(bot, discord, file=disnake.File(io.BytesIO(b"1"), filename="a.txt")) == 50013
    assert send(bot, discord, "text").content == "text"


def test_embeds_vanish_where_they_are_denied(discord: DiscordServer, run_bot: RunBot) -> None:
    """Discord drops them without a word; a message of nothing else is empty: 50006."""
    bot = run_bot()
    discord.deny(discord.channel, Permission.EMBED_LINKS)

    assert send(bot, discord, "text", embed=disnake.Embed(title="t")).embeds == []
    assert refusal(bot, discord, embed=disnake.Embed(title="t")) == 50006


def test_reactions_need_a_permission_of_their_own(discord: DiscordServer, run_bot: RunBot) -> None:
    """Reacting where it is denied: 50013."""
    bot = run_bot()
    message = send(bot, discord, "react to this")
    discord.deny(discord.channel, Permission.ADD_REACTIONS)

    with pytest.raises(disnake.Forbidden) as caught:
        bot.do(message.add_reaction("👍"))
    assert caught.value.code == 50013


def test_replies_need_the_history(discord: DiscordServer, run_bot: RunBot) -> None:
    """A reply to what may not be read: 160002."""
    bot = run_bot()
    message = send(bot, discord, "first")
    discord.deny(discord.channel, Permission.READ_MESSAGE_HISTORY)

    assert refusal(bot, discord, "second", reference=message) == 160002


def test_the_client_knows_what_it_may_do(discord: DiscordServer, run_bot: RunBot) -> None:
    """Denials arrive as overwrites of the channel, at the start and when they change."""
    discord.deny(discord.channel, Permission.SEND_MESSAGES)
    bot = run_bot()
    guild = bot.client.get_guild(int(discord.guild.id))
    assert guild is not None
    channel = guild.text_channels[0]

    before = channel.permissions_for(guild.me)

    assert before.view_channel
    assert not before.send_messages


@pytest.mark.parametrize("place", ["channel", "message", "user"])
def test_what_there_is_not_is_not_found(discord: DiscordServer, run_bot: RunBot, place: str) -> None:
    """Unknown ids: 404, with a code for each kind."""
    bot = run_bot()
    channel = bot.client.get_partial_messageable(int(discord.channel.id))
    lookups = {
        "channel": (bot.client.fetch_channel(1), 10003),
        "message": (channel.fetch_message(1), 10008),
        "user": (bot.client.fetch_user(1), 10013),
    }
    for name, (other, _) in lookups.items():
        if name != place:
            other.close()
    lookup, code = lookups[place]

    with pytest.raises(disnake.NotFound) as caught:
        bot.do(lookup)

    assert caught.value.code == code
