"""A Discord and an unmodified disnake client that is connected to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import disnake
import pytest
from disnake.ext import commands

from tests.support.discord_server import TOKEN, DiscordServer, redirected
from tests.support.running_bot import RunningBot

Bot = commands.InteractionBot
RunBot = Callable[..., RunningBot]
INTENTS = disnake.Intents(guilds=True, messages=True, reactions=True)


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """Serve a Discord, and point disnake at it."""
    with DiscordServer() as server, redirected(server.api_url):
        yield server


@pytest.fixture
def run_bot(discord: DiscordServer) -> Iterator[RunBot]:  # noqa: ARG001 - it must be there
    """Return what starts a bot, prepared by a function that adds listeners and commands."""
    with ExitStack() as stack:

        def run(
            prepare: Callable[[Any], None] = _as_it_is,
            *,
            token: str = TOKEN,
            kind: type[disnake.Client] = Bot,
            waits: bool = True,
            **options: Any,
        ) -> RunningBot:
            def make() -> disnake.Client:
                client = kind(**{"intents": INTENTS, "guild_ready_timeout": 0.01, **options})
                prepare(client)
                return client

            running = stack.enter_context(RunningBot(make, token))
            if waits:
                running.do(running.client.wait_until_ready())
            return running

        yield run


def _as_it_is(_: disnake.Client) -> None:
    """Add nothing."""
