"""Application commands: what the bot offers, everywhere or in one guild."""

from collections.abc import Sequence

from tests.support.discord_server import errors
from tests.support.discord_server.api import Route
from tests.support.discord_server.calls import Call
from tests.support.discord_server.checks.commands import CHAT_INPUT, check_commands
from tests.support.discord_server.values import Json
from tests.support.discord_server.world import World

GLOBAL = "/applications/{application_id}/commands"
GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
LOCALIZATIONS = ("name_localizations", "description_localizations")


class Commands:
    """Routes of commands."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> Sequence[Route]:
        """Routes and handlers."""
        return [
            route
            for path in (GLOBAL, GUILD)
            for route in (
                (f"GET {path}", self._list),
                (f"PUT {path}", self._replace_all),
                (f"POST {path}", self._create),
                (f"GET {path}/{{command_id}}", self._find),
                (f"PATCH {path}/{{command_id}}", self._change),
                (f"DELETE {path}/{{command_id}}", self._delete),
            )
        ]

    def _list(self, call: Call) -> Json:
        return list(self._of_scope(call).values())

    def _replace_all(self, call: Call) -> Json:
        check_commands(call.body)
        kept = {(item["type"], item["name"]): item for item in self._of_scope(call).values()}
        for command_id in self._of_scope(call):
            del self._world.commands[command_id]
        return [self._store(call, body, kept) for body in call.body]

    def _create(self, call: Call) -> Json:
        others = self._of_scope(call).values()
        kept = {(item["type"], item["name"]): item for item in others}
        key = (call.body.get("type", CHAT_INPUT), call.body.get("name"))
        check_commands([*(item for name, item in kept.items() if name != key), call.body])
        return self._store(call, call.body, kept)

    def _find(self, call: Call) -> Json:
        try:
            return self._of_scope(call)[call.parameters["command_id"]]
        except KeyError:
            raise errors.unknown_command() from None

    def _change(self, call: Call) -> Json:
        changed = self._find(call) | call.body
        check_commands([changed])
        self._world.commands[changed["id"]] = changed | {"version": self._world.ids.new()}
        return self._world.commands[changed["id"]]

    def _delete(self, call: Call) -> None:
        del self._world.commands[self._find(call)["id"]]

    def _of_scope(self, call: Call) -> dict[str, Json]:
        if call.parameters["application_id"] != self._world.bot.id:
            raise errors.missing_access()
        guild_id = call.parameters.get("guild_id")
        commands = self._world.commands.items()
        return {key: command for key, command in commands if command.get("guild_id") == guild_id}

    def _store(self, call: Call, body: Json, kept: dict[tuple[int, str], Json]) -> Json:
        kind = body.get("type", CHAT_INPUT)
        before = kept.get((kind, body["name"]))
        command: Json = {
            "default_member_permissions": None,
            "nsfw": False,
            **dict.fromkeys(LOCALIZATIONS),
            **body,
            "id": before["id"] if before else self._world.ids.new(),
            "application_id": self._world.bot.id,
            "type": kind,
            "description": body.get("description", ""),
            "options": body.get("options") or [],
            "version": self._world.ids.new(),
        }
        if "guild_id" in call.parameters:
            command["guild_id"] = call.parameters["guild_id"]
        self._world.commands[command["id"]] = command
        return command
