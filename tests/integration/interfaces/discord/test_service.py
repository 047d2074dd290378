from functools import partial
from pathlib import Path
from typing import cast

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.settings import Settings
from interfaces.discord.bot import FileBot
from interfaces.discord.desk import Desk
from interfaces.discord.faults import start_fault
from interfaces.discord.service import serve
from interfaces.wiring import Wiring
from tests.support.discord_server import TOKEN, DiscordServer, Intent, Upload, faults, redirected
from tests.support.running_bot import RunningBot

DOWNLOADS = "GET /attachments/{channel_id}/{attachment_id}/{filename}"


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
            alice.pin(answer)
            alice.send("hello again")
            again = alice.sees(after=answer)

        desk.close()
        assert "Send me files" in answer.text
        assert again.replies_to == alice.timeline()[-2].id  # the notice of a pin is no word to the bot
        assert len(alice.timeline()) == 5
        assert len(alice.timeline(elsewhere)) == 1


def test_what_is_being_answered_is_finished_before_the_end(discord: DiscordServer, wiring: Wiring) -> None:
    """A stop waits for the card of a file that is being saved, and begins nothing new."""
    desk = Desk(wiring)
    make = partial(FileBot, desk, guild_ready_timeout=0.01)
    discord.faults.order(DOWNLOADS, faults.slow(0.3))
    with RunningBot(make, TOKEN) as bot:
        discord.until_connected()
        alice = discord.person("alice")
        alice.ask_bot(files=[Upload("a.csv", b"x")])
        discord.until_call_begun(DOWNLOADS)
        bot.do(cast("FileBot", bot.client).finish(10))
        alice.ask_bot("too late")
    desk.close()

    assert [message.author.is_bot for message in alice.timeline()] == [False, True, False]
