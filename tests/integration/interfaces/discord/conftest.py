"""The bot over real ledger, blobs and sandbox, connected to the Discord for tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from infrastructure.settings import Settings
from interfaces.discord.bot import FileBot
from interfaces.discord.desk import Desk
from interfaces.wiring import Wiring
from tests.support.discord_server import TOKEN, DiscordServer, Message, Person, redirected
from tests.support.fonts import keep_fonts, lend_fonts
from tests.support.mongodb import database_uri, mongodb_client, mongodb_python, mongodb_uri
from tests.support.running_bot import RunningBot

__all__ = ["database_uri", "mongodb_client", "mongodb_python", "mongodb_uri"]

SYNC = "PUT /applications/{application_id}/commands"

RunFileBot = Callable[..., RunningBot]


def labels(message: Message) -> list[str]:
    """Return what stands on a message's buttons."""
    return [widget["label"] for widget in message.widgets if "label" in widget]


def is_over(message: Message) -> bool:
    """Tell whether an answer has come to its end: nothing can be cancelled any more."""
    return "Cancel" not in labels(message)


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """Serve a Discord, and point disnake at it."""
    with DiscordServer() as server, redirected(server.api_url):
        yield server


@pytest.fixture
def alice(discord: DiscordServer) -> Person:
    """Somebody with files."""
    return discord.person("alice")


@pytest.fixture
def run_bot(discord: DiscordServer, tmp_path: Path) -> Iterator[RunFileBot]:
    """Return what starts the bot on one data folder, with settings as given."""
    lend_fonts(tmp_path / "data" / "sandbox")
    with ExitStack() as stack:
        stack.callback(keep_fonts, tmp_path / "data" / "sandbox")

        def run(**settings: Any) -> RunningBot:
            wiring = stack.enter_context(Wiring(Settings(fileledger_data_dir=tmp_path / "data", **settings)))
            desk = Desk(wiring)
            stack.callback(desk.close)
            stack.callback(desk.stop_runs)
            bot = stack.enter_context(RunningBot(lambda: FileBot(desk, guild_ready_timeout=0.01), TOKEN))
            discord.until_connected()
            return bot

        yield run


def showing(text: str) -> Callable[[Message], bool]:
    """Return what accepts a message in which a text can be read."""
    return lambda message: text in message.text
