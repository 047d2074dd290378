"""Who the bot is, where the gateway is, and the guilds and people it knows."""

from collections.abc import Sequence

from tests.support.discord_server import errors, payloads
from tests.support.discord_server.api import Route
from tests.support.discord_server.calls import Call
from tests.support.discord_server.gateway import Gateway
from tests.support.discord_server.values import Json, User
from tests.support.discord_server.world import World

SESSION_STARTS = 1_000
DAY_MS = 86_400_000


class Identity:
    """Routes about accounts and guilds."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    @property
    def routes(self) -> Sequence[Route]:
        """Routes and handlers."""
        return [
            ("GET /gateway", lambda _: {"url": self._gateway.address}),
            ("GET /gateway/bot", self._gateway_bot),
            ("GET /users/@me", lambda _: payloads.user_payload(self._world.bot)),
            ("POST /users/@me/channels", self._open_direct),
            ("GET /users/{user_id}", lambda call: payloads.user_payload(self._user(call))),
            ("GET /oauth2/applications/@me", self._application),
            ("GET /applications/@me", self._application),
            ("GET /guilds/{guild_id}", self._guild),
            ("GET /guilds/{guild_id}/members/{user_id}", self._member),
        ]

    def _gateway_bot(self, call: Call) -> Json:
        starts = {
            "total": SESSION_STARTS,
            "remaining": SESSION_STARTS - self._gateway.identified,
            "reset_after": DAY_MS,
            "max_concurrency": 1,
        }
        return {
            "url": self._gateway.address,
            "shards": self._gateway.shards,
            "session_start_limit": starts,
        }

    def _open_direct(self, call: Call) -> Json:
        user = self._world.users.get(str(call.body["recipient_id"]))
        if user is None:
            raise errors.unknown_user()
        return payloads.channel_payload(self._world.direct_channel(user), self._world.bot)

    def _application(self, call: Call) -> Json:
        bot = self._world.bot
        return {
            "id": bot.id,
            "name": bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "owner": payloads.user_payload(next(iter(self._world.guilds.values())).owner),
            "team": None,
        }

    def _guild(self, call: Call) -> Json:
        if (guild := self._world.guilds.get(call.parameters["guild_id"])) is None:
            raise errors.unknown_guild()
        return self._world.guild_payload(guild)

    def _member(self, call: Call) -> Json:
        if call.parameters["guild_id"] not in self._world.guilds:
            raise errors.unknown_guild()
        return payloads.member_payload(self._user(call))

    def _user(self, call: Call) -> User:
        if (user := self._world.users.get(call.parameters["user_id"])) is None:
            raise errors.unknown_user()
        return user
