import os
import subprocess
import sys

import disnake.http

from tests.support.discord_server import TOKEN, DiscordServer, redirected, redirected_environment

PROGRAM = """
import disnake

client = disnake.Client(intents=disnake.Intents(guilds=True))

@client.event
async def on_connect():
    await client.close()

client.run("{token}")
"""


def test_a_program_of_its_own_finds_the_server_unmodified() -> None:
    """A bot in another process is pointed at the server by its environment alone."""
    code = PROGRAM.format(token=TOKEN)

    with DiscordServer() as discord:
        environment = os.environ | redirected_environment(discord.api_url)
        ended = subprocess.run([sys.executable, "-c", code], env=environment, timeout=60, check=False)

    assert ended.returncode == 0
    assert discord.gateway.identified == 1


def test_the_real_discord_is_back_afterwards() -> None:
    """Pointing elsewhere lasts as long as the context."""
    before = disnake.http.Route.BASE

    with redirected("http://127.0.0.1:1/api/v10"):
        assert before != disnake.http.Route.BASE

    assert before == disnake.http.Route.BASE == "https://discord.com/api/v10"
