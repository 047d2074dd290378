"""A Discord for tests: API, gateway and files over real HTTP and websockets on 127.0.0.1.

    with DiscordServer() as discord, redirected(discord.api_url):
        ...  # start any disnake client with the token `TOKEN`
        alice = discord.person("alice")
        alice.ask_bot("look at this", [Upload("a.csv", b"x,y")])
        card = alice.sees(lambda message: "a.csv" in message.text)
        alice.click(card, "Delete").message()

It answers as Discord's public documentation says, refuses what Discord refuses, in
the same words, and lets time pass and faults happen when a test asks for them. It
runs in a thread of its own, so that a bot that blocks its loop is seen to.
"""

from tests.support.discord_server.client_uploads import CannotDoError
from tests.support.discord_server.gateway_protocol import Close
from tests.support.discord_server.intents import Intent
from tests.support.discord_server.interactions import Callback
from tests.support.discord_server.people import Person
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.redirect import redirected, redirected_environment
from tests.support.discord_server.reply import Reply
from tests.support.discord_server.server import TOKEN, DiscordServer
from tests.support.discord_server.values import Attachment, Channel, Message, Upload, User

__all__ = [
    "TOKEN",
    "Attachment",
    "Callback",
    "CannotDoError",
    "Channel",
    "Close",
    "DiscordServer",
    "Intent",
    "Message",
    "Permission",
    "Person",
    "Reply",
    "Upload",
    "User",
    "redirected",
    "redirected_environment",
]
