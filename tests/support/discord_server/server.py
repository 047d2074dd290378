"""The server: one port on loopback for API, gateway and files, and a thread that serves it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self, TypeVar

from aiohttp import web
from yarl import URL

from tests.support.discord_server import gateway
from tests.support.discord_server.api import PREFIX, Api
from tests.support.discord_server.calls import Call
from tests.support.discord_server.changes import Changes
from tests.support.discord_server.checks.messages import MIB, UPLOAD_BYTES
from tests.support.discord_server.clock import Clock
from tests.support.discord_server.faults import Faults
from tests.support.discord_server.files import FileStore
from tests.support.discord_server.gateway import Gateway
from tests.support.discord_server.gateway_faults import GatewayFaults
from tests.support.discord_server.intents import NO_INTENTS, Event, Intent
from tests.support.discord_server.interactions import Actor, Interactions
from tests.support.discord_server.loop import Loop
from tests.support.discord_server.people import Person, allowed
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.rate_limits import RateLimits
from tests.support.discord_server.reply import WAIT_S
from tests.support.discord_server.routes.callbacks import Callbacks
from tests.support.discord_server.routes.channels import Channels
from tests.support.discord_server.routes.commands import Commands
from tests.support.discord_server.routes.followups import Followups
from tests.support.discord_server.routes.identity import Identity
from tests.support.discord_server.routes.messages import Messages
from tests.support.discord_server.snowflakes import Snowflakes
from tests.support.discord_server.values import Channel, ChannelKind, Guild, Json, Message, User
from tests.support.discord_server.world import Application, World

T = TypeVar("T")

TOKEN = "token-of-the-bot"
HOST = "127.0.0.1"


class DiscordServer:
    """A Discord with one guild and one channel, and nobody in it but the bot and the guild's owner."""

    def __init__(self, *, token: str = TOKEN, privileged: Intent = NO_INTENTS, premium_tier: int = 0) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.rate_limits = RateLimits(self.clock)
        self._changes = Changes()
        self._loop = Loop(self._changes)
        self._ids = Snowflakes(self.clock)
        bot = User(self._ids.new(), "fileledger", is_bot=True)
        store = FileStore(self.clock, self._ids)
        application = Application(bot, token, privileged)
        self.world = World(self.clock, application, self._ids, store, self._changes, self._publish)
        self.gateway = Gateway(self.world)
        self._interactions = Interactions(self.world)
        self._api = Api(self.world, self.faults, self.rate_limits)
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.2)
        self.gateway_faults = GatewayFaults(self._loop, self.gateway.sessions)
        self._settle(bot, premium_tier)

    def _settle(self, bot: User, premium_tier: int) -> None:
        owner = User(self._ids.new(), "owner")
        self.world.users = {bot.id: bot, owner.id: owner}
        self.guild = self.world.add_guild(Guild(self._ids.new(), "house", owner, premium_tier))
        self.channel = self._new_channel("general")

    def _publish(self, event: Event) -> None:
        self.gateway.publish(event)

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=max(UPLOAD_BYTES.values()) + MIB)
        application.router.add_get(gateway.PATH, self.gateway.serve)
        application.router.add_get(gateway.PATH + "/", self.gateway.serve)
        resources = (
            Identity(self.world, self.gateway),
            Channels(self.world),
            Messages(self.world),
            Commands(self.world),
            Callbacks(self.world, self._interactions),
            Followups(self.world, self._interactions),
        )
        self._api.serve(application.router, [route for item in resources for route in item.routes])
        self._api.serve_files(application.router, self.world.files)
        return application

    # -- life --------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._loop.start()
        self._loop.wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        """End every connection, and stop.

        Raises:
            ExceptionGroup: the server itself made a mistake.
        """
        self._loop.wait(self._stop())
        self._loop.stop()
        if self._api.crashes:
            msg = "the Discord of the tests failed"
            raise ExceptionGroup(msg, self._api.crashes)

    async def _start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        host, port = self._runner.addresses[0][:2]
        self.world.files.address = URL.build(scheme="http", host=host, port=port)
        self.gateway.address = f"ws://{host}:{port}{gateway.PATH}"

    async def _stop(self) -> None:
        await self.gateway.stop()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """What clients take for `https://discord.com/api/v10`."""
        return str(self.world.files.address.with_path(PREFIX))

    # -- furnishing --------------------------------------------------------------

    def person(
        self,
        name: str,
        *,
        locale: str = "en-US",
        is_admin: bool = False,
        channel: Channel | None = None,
        takes_messages: bool = True,
    ) -> Person:
        """Add a member of the guild, who writes to `channel` unless told otherwise."""

        def add() -> User:
            user = User(self._ids.new(), name)
            self.world.users[user.id] = user
            if not takes_messages:
                self.world.closed_to_messages.add(user.id)
            return user

        actor = Actor(self._loop.do(add), locale, allowed(is_admin=is_admin))
        return Person(self._loop, self.world, self._interactions, actor, channel or self.channel)

    def add_channel(self, name: str) -> Channel:
        """Add a channel to the guild."""
        return self._loop.do(lambda: self._new_channel(name))

    def add_guild(self, name: str, *, premium_tier: int = 0) -> Guild:
        """Add the bot to another guild."""
        guild = Guild(self._ids.new(), name, self.guild.owner, premium_tier)
        return self._loop.do(lambda: self.world.add_guild(guild))

    def deny(self, channel: Channel, *denied: Permission) -> Channel:
        """Take permissions in a channel from the bot; without any, give all back."""
        missing = Permission(sum(set(denied)))
        return self._loop.do(lambda: self.world.add_channel(replace(channel, denied=missing)))

    def repeat(self, message: Message) -> None:
        """Tell the bot of a message once more."""
        self._loop.do(lambda: self.world.add_message(self.world.messages[message.id]))

    def dispatch(self, name: str, data: Json) -> None:
        """Tell the bots of an event, whatever it holds."""
        sessions = self.gateway.sessions

        def tell() -> None:
            for session in sessions.values():
                session.dispatch(name, data)

        self._loop.do(tell)

    def told(self, name: str) -> Sequence[Json]:
        """Return the events of a kind that bots were told of."""
        return self._loop.do(
            lambda: [event for session in self.gateway.sessions.values() for event in session.told(name)]
        )

    def _new_channel(self, name: str) -> Channel:
        return self.world.add_channel(
            Channel(self._ids.new(), ChannelKind.TEXT, name, guild_id=self.guild.id)
        )

    # -- observing ---------------------------------------------------------------

    def calls(self, route: str | None = None) -> Sequence[Call]:
        """Return the requests so far, or those to a route such as `POST /channels/{channel_id}/messages`."""
        return self._loop.do(lambda: [call for call in self._api.calls if route in {None, call.route}])

    def until(self, look: Callable[[], T | None], timeout_s: float = WAIT_S) -> T:
        """Return what `look` finds, looking again after every change.

        Raises:
            TimeoutError: it found nothing for so long.
        """
        return self._loop.until(look, timeout_s)

    def until_call(self, route: str, count: int = 1, timeout_s: float = WAIT_S) -> Sequence[Call]:
        """Wait until so many requests to a route were answered, and return them."""

        def look() -> list[Call] | None:
            answered = [call for call in self._api.calls if call.route == route and call.status]
            return answered if len(answered) >= count else None

        return self._loop.until(look, timeout_s)

    def until_call_begun(self, route: str, timeout_s: float = WAIT_S) -> None:
        """Wait until a request to a route arrived, answered or not."""
        self._loop.until(lambda: any(call.route == route for call in self._api.calls) or None, timeout_s)

    def until_connected(self, timeout_s: float = WAIT_S) -> None:
        """Wait until a bot has a session and a connection."""
        self._loop.until(
            lambda: any(session.connection for session in self.gateway.sessions.values()) or None, timeout_s
        )
