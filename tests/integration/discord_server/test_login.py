import asyncio
from typing import Any

import aiohttp
import disnake
import pytest
from disnake.ext import commands

from tests.integration.discord_server.conftest import RunBot
from tests.support.discord_server import Close, DiscordServer, Intent


def test_a_bot_learns_who_it_is_and_where(discord: DiscordServer, run_bot: RunBot) -> None:
    """READY and GUILD_CREATE fill the client's state."""
    client = run_bot().client

    guild = client.get_guild(int(discord.guild.id))
    assert client.user.name == "fileledger"
    assert guild is not None
    assert [channel.name for channel in guild.text_channels] == ["general"]
    assert guild.me.guild_permissions.send_messages


def test_a_wrong_token_is_a_login_failure(run_bot: RunBot) -> None:
    """The API answers 401 before the gateway is tried."""
    bot = run_bot(token="stolen", waits=False)

    assert isinstance(bot.ending(), disnake.LoginFailure)


def test_an_intent_that_is_not_switched_on_ends_the_bot(run_bot: RunBot) -> None:
    """A privileged intent needs the developers' portal: close code 4014."""
    bot = run_bot(intents=disnake.Intents.all(), waits=False)

    assert isinstance(bot.ending(), disnake.PrivilegedIntentsRequired)


def test_an_intent_that_is_switched_on_is_granted(discord: DiscordServer, run_bot: RunBot) -> None:
    """With the portal's switch on, the same bot is let in."""
    discord.world.application.privileged = Intent.MESSAGE_CONTENT

    bot = run_bot(intents=disnake.Intents(guilds=True, messages=True, message_content=True))

    assert bot.client.is_ready()


class PatientBot(commands.AutoShardedInteractionBot):
    """A bot that need not wait five seconds before its second shard identifies."""

    async def before_identify_hook(self, _: int | None, *, initial: bool = False) -> None:
        """Identify at once."""


def test_each_guild_is_told_to_its_own_shard(discord: DiscordServer, run_bot: RunBot) -> None:
    """Guilds are dealt out by `(id >> 22) % shards`."""
    others = [discord.add_guild(f"guild {number}") for number in range(4)]

    bot = run_bot(kind=PatientBot, shard_count=2)

    for guild in [discord.guild, *others]:
        known = bot.client.get_guild(int(guild.id))
        assert known is not None
        assert known.shard_id == (int(guild.id) >> 22) % 2
    assert len(discord.gateway.sessions) == 2


IDENTIFY: Any = {"op": 2, "d": {"token": "token-of-the-bot", "intents": 1, "properties": {}}}


@pytest.mark.parametrize(
    ("version", "packets", "code"),
    [
        ("9", [], Close.INVALID_API_VERSION),
        ("10", ["no JSON"], Close.DECODE_ERROR),
        ("10", [{"op": 77}], Close.UNKNOWN_OPCODE),
        ("10", [{"op": 3, "d": {}}], Close.NOT_AUTHENTICATED),
        ("10", [IDENTIFY, IDENTIFY], Close.ALREADY_AUTHENTICATED),
        ("10", [{"op": 2, "d": {"token": "stolen", "intents": 1}}], Close.AUTHENTICATION_FAILED),
        ("10", [{"op": 2, "d": {**IDENTIFY["d"], "shard": [2, 2]}}], Close.INVALID_SHARD),
        ("10", [{"op": 2, "d": {**IDENTIFY["d"], "intents": 1 << 40}}], Close.INVALID_INTENTS),
    ],
)
def test_a_client_that_breaks_the_protocol_is_closed_with_the_reason(
    discord: DiscordServer, version: str, packets: list[object], code: Close
) -> None:
    """Each mistake has a close code of its own."""

    async def converse() -> int | None:
        url = f"{discord.gateway.address}?v={version}&encoding=json"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            for packet in packets:
                await (socket.send_str(packet) if isinstance(packet, str) else socket.send_json(packet))
            async for _ in socket:
                pass
            return socket.close_code

    assert asyncio.run(converse()) == code
