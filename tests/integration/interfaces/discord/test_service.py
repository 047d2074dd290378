from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.settings import Settings
from interfaces.discord.bot import FileBot
from interfaces.discord.desk import Desk
from interfaces.discord.faults import start_fault
from interfaces.discord.service import serve
from interfaces.wiring import Wiring
from tests.support.discord_server import TOKEN, DiscordServer, Intent, redirected
from tests.support.running_bot import RunningBot


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    """Return use cases that nothing is asked of."""
    return Wiring(Settings(fileledger_data_dir=tmp_path))


def test_a_missing_token_is_told_before_anything_starts(wiring: Wiring) -> None:
    """The remedy names the setting."""
    with pytest.raises(EnvironmentFaultError, match="copy its token"):
        serve(wiring)


def test_a_missing_intent_is_told_with_its_switch(discord: DiscordServer, wiring: Wiring) -> None:
    """Whole channels need the intent for contents; without them nothing privileged is asked for."""
    desk = Desk(wiring)
    with RunningBot(lambda: FileBot(desk, frozenset({discord.channel.id})), TOKEN) as bot:
        error = bot.ending()
    desk.close()

    assert isinstance(error, Exception)
    assert "Message Content Intent" in str(start_fault(error))


def test_in_a_configured_channel_nobody_need_mention_the_bot(wiring: Wiring) -> None:
    """With the intent switched on, everything said there is answered, and nothing elsewhere."""
    with DiscordServer(privileged=Intent.MESSAGE_CONTENT) as discord, redirected(discord.api_url):
        desk = Desk(wiring)
        channel_ids = frozenset({discord.channel.id})
        with RunningBot(lambda: FileBot(desk, channel_ids, guild_ready_timeout=0.01), TOKEN):
            discord.until_connected()
            elsewhere = discord.add_channel("elsewhere")
            alice = discord.person("alice")
            alice.send("hello", channel=elsewhere)
            alice.send("hello")

            answer = alice.sees()

        desk.close()
        assert "Send me files" in answer.text
        assert len(alice.timeline(elsewhere)) == 1
