import asyncio
from typing import Any

import aiohttp
import disnake
import pytest

from tests.integration.discord_server.conftest import RunBot
from tests.support.discord_server import DiscordServer, Upload, errors, faults
from tests.support.running_bot import RunningBot

MESSAGES = "POST /channels/{channel_id}/messages"
USERS = "GET /users/{user_id}"


def send(bot: RunningBot, discord: DiscordServer, text: str) -> Any:
    """Have the bot write to the guild's channel."""
    channel: Any = bot.client.get_channel(int(discord.channel.id))
    return bot.do(channel.send(text))


def test_a_rate_limited_request_is_repeated_in_time(discord: DiscordServer, run_bot: RunBot) -> None:
    """429 tells how long to wait, and the client does."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.rate_limited(0.2))

    send(bot, discord, "patience")

    first, second = discord.calls(MESSAGES)
    assert (first.status, second.status) == (429, 200)
    assert second.at_s - first.at_s >= 0.2


def test_a_global_limit_holds_everything_back(discord: DiscordServer, run_bot: RunBot) -> None:
    """While it lasts the client asks for nothing else."""
    bot = run_bot()
    alice = discord.person("alice")
    discord.faults.order(USERS, faults.rate_limited(0.3, scope="global"))

    async def both() -> None:
        fetching = asyncio.create_task(bot.client.fetch_user(int(alice.user.id)))
        await asyncio.sleep(0.1)
        channel: Any = bot.client.get_channel(int(discord.channel.id))
        await asyncio.gather(fetching, channel.send("later"))

    bot.do(both())

    assert discord.calls(MESSAGES)[0].at_s - discord.calls(USERS)[0].at_s >= 0.3


def test_a_ban_is_not_repeated(discord: DiscordServer, run_bot: RunBot) -> None:
    """A 429 of the proxy has neither JSON nor `Via`; the client gives up at once."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.banned())

    with pytest.raises(disnake.HTTPException) as caught:
        send(bot, discord, "again")

    assert caught.value.status == 429
    assert len(discord.calls(MESSAGES)) == 1


def test_limits_in_force_are_told_and_kept(discord: DiscordServer, run_bot: RunBot) -> None:
    """A client that minds the headers never meets the limit."""
    bot = run_bot()
    discord.rate_limits.limit(MESSAGES, requests=2, window_s=0.3)

    for number in range(5):
        send(bot, discord, str(number))

    calls = discord.calls(MESSAGES)
    assert [call.status for call in calls] == [200] * 5
    assert calls[-1].at_s - calls[0].at_s >= 0.6


def test_a_client_that_does_not_mind_the_limits_meets_them(discord: DiscordServer) -> None:
    """Over the limit: 429 with every header; another channel has a window of its own."""
    discord.rate_limits.limit(MESSAGES, requests=1, window_s=30)
    other = discord.add_channel("other")

    async def post(channel_id: str) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bot {discord.world.application.token}"}
        url = f"{discord.api_url}/channels/{channel_id}/messages"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(url, json={"content": "x"}) as reply,
        ):
            return reply.status, reply.headers, await reply.json()

    first = asyncio.run(post(discord.channel.id))
    second = asyncio.run(post(discord.channel.id))
    third = asyncio.run(post(other.id))

    assert (first[0], second[0], third[0]) == (200, 429, 200)
    assert first[1]["X-RateLimit-Remaining"] == "0"
    assert second[1]["X-RateLimit-Bucket"] == first[1]["X-RateLimit-Bucket"]
    assert int(second[1]["Retry-After"]) == pytest.approx(30, abs=2)
    assert second[2]["retry_after"] == pytest.approx(30, abs=2)
    assert second[2]["global"] is False


def test_a_server_error_is_tried_again(discord: DiscordServer, run_bot: RunBot) -> None:
    """The client repeats after 502 and the message is there once."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.server_error(502))

    send(bot, discord, "once")

    assert [call.status for call in discord.calls(MESSAGES)] == [502, 200]
    assert len(discord.person("alice").timeline()) == 1


def test_a_lost_reply_makes_a_request_arrive_twice(discord: DiscordServer, run_bot: RunBot) -> None:
    """What was carried out but answered with 500 is carried out again."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.server_error(500), afterwards=True)

    send(bot, discord, "twice")

    assert [message.text for message in discord.person("alice").timeline()] == ["twice", "twice"]


def test_a_refusal_can_be_ordered(discord: DiscordServer, run_bot: RunBot) -> None:
    """Any error of the API, for a case that cannot be brought about."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.refused(errors.missing_permissions()))

    with pytest.raises(disnake.Forbidden):
        send(bot, discord, "no")


def test_a_reset_connection_is_an_error(discord: DiscordServer, run_bot: RunBot) -> None:
    """The network may fail in the middle."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.cut(), times=faults.FOREVER)

    with pytest.raises((aiohttp.ClientError, OSError)):
        send(bot, discord, "lost")

    discord.faults.clear()
    assert send(bot, discord, "found").content == "found"


def test_a_slow_answer_comes_all_the_same(discord: DiscordServer, run_bot: RunBot) -> None:
    """Latency delays, and changes nothing."""
    bot = run_bot()
    discord.faults.order(MESSAGES, faults.slow(0.1))

    assert send(bot, discord, "at last").content == "at last"


def test_a_download_can_fail(discord: DiscordServer, run_bot: RunBot) -> None:
    """Files come over the same network."""
    bot = run_bot()
    sent = discord.person("alice").ask_bot("", [Upload("a.txt", b"1")])
    channel: Any = bot.client.get_channel(int(discord.channel.id))
    attachment = bot.do(channel.fetch_message(int(sent.id))).attachments[0]
    route = "GET /attachments/{channel_id}/{attachment_id}/{filename}"
    discord.faults.order(route, faults.server_error(503))

    with pytest.raises(disnake.HTTPException):
        bot.do(attachment.read())
    assert bot.do(attachment.read()) == b"1"


def test_an_unknown_route_is_not_found(discord: DiscordServer, run_bot: RunBot) -> None:
    """What this server does not know it refuses, and keeps in its list."""
    bot = run_bot()

    with pytest.raises(disnake.NotFound):
        bot.do(bot.client.fetch_guild_preview(int(discord.guild.id)))

    assert discord.calls()[-1].path == f"/guilds/{discord.guild.id}/preview"
