import time
from itertools import pairwise
from typing import Any

import disnake
import pytest

from tests.integration.discord_server.conftest import Bot, RunBot
from tests.support.discord_server import DiscordServer, Intent
from tests.support.discord_server.sessions import Session


class PatientBot(Bot):
    """A bot that need not wait five seconds before it identifies again."""

    async def before_identify_hook(self, _: int | None, *, initial: bool = False) -> None:
        """Identify at once."""


@pytest.fixture
def heard() -> list[str]:
    """What the bot heard, in order."""
    return []


@pytest.fixture
def listen(heard: list[str]) -> Any:
    """Return what has a bot note every message."""

    def prepare(bot: Bot) -> None:
        @bot.listen("on_message")
        async def note(message: disnake.Message) -> None:
            heard.append(message.content)

    return prepare


def session_of(discord: DiscordServer) -> Session:
    """Return the newest session."""
    return list(discord.gateway.sessions.values())[-1]


def wait_for(heard: list[str], text: str) -> None:
    """Wait until the bot heard a text."""
    deadline_s = time.monotonic() + 5
    while not any(text in item for item in heard):
        assert time.monotonic() < deadline_s, f"not heard: {text}"
        time.sleep(0.005)


@pytest.mark.parametrize("is_compressed", [True, False])
def test_events_arrive_compressed_and_plain(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any, *, is_compressed: bool
) -> None:
    """A client chooses whether the packets are one zlib stream."""
    run_bot(listen, gateway_params=disnake.GatewayParams(zlib=is_compressed))

    discord.person("alice").dm("grüße " * 300)

    wait_for(heard, "grüße")
    connection = session_of(discord).connection
    assert connection is not None
    assert connection.is_compressed is is_compressed


def test_heartbeats_are_acknowledged(discord: DiscordServer, run_bot: RunBot) -> None:
    """The client beats in the interval of HELLO and knows its latency by the replies."""
    discord.gateway.heartbeat_interval_s = 0.05
    bot = run_bot()

    discord.until(lambda: len(session_of(discord).heartbeats_s) >= 4 or None)

    assert bot.client.latency < 1


def test_a_heartbeat_that_is_asked_for_comes_at_once(discord: DiscordServer, run_bot: RunBot) -> None:
    """The gateway may ask for one between two others."""
    run_bot()
    before = len(session_of(discord).heartbeats_s)

    discord.gateway_faults.ask_for_heartbeats()

    discord.until(lambda: len(session_of(discord).heartbeats_s) > before or None)


def test_a_bot_that_blocks_its_loop_is_seen_by_its_heartbeats(
    discord: DiscordServer, run_bot: RunBot
) -> None:
    """The server runs beside the bot, so that a blocked loop leaves a gap."""

    def prepare(bot: Bot) -> None:
        @bot.listen("on_message")
        async def block(_: disnake.Message) -> None:
            time.sleep(0.5)  # noqa: ASYNC251 - the fault to be found

    discord.gateway.heartbeat_interval_s = 0.05
    run_bot(prepare)
    discord.until(lambda: session_of(discord).heartbeats_s or None)
    discord.person("alice").dm("hello")

    def longest_gap_s() -> float | None:
        beats = session_of(discord).heartbeats_s
        gap = max((later - earlier for earlier, later in pairwise(beats)), default=0.0)
        return gap if gap > 0.4 else None

    assert discord.until(longest_gap_s) < 2


@pytest.mark.parametrize("fault", ["close", "cut", "ask_to_reconnect"])
def test_what_was_said_while_the_bot_was_away_is_told_when_it_resumes(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any, fault: str
) -> None:
    """A closed, a reset and a handed-over connection lose no event and repeat none."""
    run_bot(listen)
    alice = discord.person("alice")
    alice.dm("before")
    wait_for(heard, "before")

    getattr(discord.gateway_faults, fault)()
    alice.dm("meanwhile")
    discord.until(lambda: session_of(discord).resumed or None)
    alice.dm("after")
    wait_for(heard, "after")

    assert heard == ["before", "meanwhile", "after"]
    assert discord.gateway.identified == 1


def test_a_silent_gateway_is_left_and_the_session_resumed(discord: DiscordServer, run_bot: RunBot) -> None:
    """A client that gets no acknowledgement connects again."""
    discord.gateway.heartbeat_interval_s = 0.1
    run_bot(heartbeat_timeout=0.4)

    discord.gateway.acknowledges_heartbeats = False

    discord.until(lambda: session_of(discord).resumed or None)


def test_an_event_may_be_told_twice_after_a_resume(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any
) -> None:
    """What was not known to have arrived is sent again; a bot must bear it."""
    run_bot(listen)
    alice = discord.person("alice")
    alice.dm("once")
    wait_for(heard, "once")

    discord.gateway.replayed_again = 1
    discord.gateway_faults.close()
    discord.until(lambda: session_of(discord).resumed or None)
    alice.dm("end")
    wait_for(heard, "end")

    assert heard == ["once", "once", "end"]


def test_an_invalid_session_makes_the_bot_identify_again(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any
) -> None:
    """After INVALID_SESSION nothing is replayed: a new session begins."""
    run_bot(listen, kind=PatientBot)

    discord.gateway_faults.invalidate()
    discord.until(lambda: (discord.gateway.identified == 2 and session_of(discord).connection) or None)
    discord.person("alice").dm("again")

    wait_for(heard, "again")


def test_an_interrupted_session_is_resumed(discord: DiscordServer, run_bot: RunBot) -> None:
    """INVALID_SESSION may say that the session can go on."""
    run_bot()

    discord.gateway_faults.invalidate(can_resume=True)

    discord.until(lambda: session_of(discord).resumed or None)
    assert discord.gateway.identified == 1


def test_without_the_intent_only_what_is_meant_for_the_bot_can_be_read(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any
) -> None:
    """Mentions and direct messages have contents, others arrive empty."""
    run_bot(listen)
    alice = discord.person("alice")

    alice.send("between us")
    alice.ask_bot("for you")
    alice.dm("in private")
    wait_for(heard, "private")

    assert heard == ["", f"{discord.world.bot.mention} for you", "in private"]


def test_with_the_intent_everything_can_be_read(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any
) -> None:
    """The privileged intent for contents opens all messages."""
    discord.world.application.privileged = Intent.MESSAGE_CONTENT
    run_bot(listen, intents=disnake.Intents(guilds=True, messages=True, message_content=True))

    discord.person("alice").send("between us")

    wait_for(heard, "between us")


def test_events_that_were_not_asked_for_are_not_sent(
    discord: DiscordServer, run_bot: RunBot, heard: list[str], listen: Any
) -> None:
    """A bot without the intent for direct messages hears none."""
    run_bot(listen, intents=disnake.Intents(guilds=True, guild_messages=True))
    alice = discord.person("alice")

    alice.dm("unheard")
    alice.ask_bot("heard")
    wait_for(heard, "heard")

    assert len(heard) == 1
