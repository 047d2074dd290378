"""Slash commands as Discord's own client sends them, and what it does not let a person type."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.discord_server import payloads
from tests.support.discord_server.checks.commands import CHAT_INPUT
from tests.support.discord_server.client_uploads import CannotDoError, uploaded
from tests.support.discord_server.interactions import Actor
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import (
    Channel,
    Json,
    Upload,
    User,
)
from tests.support.discord_server.world import World

ATTACHMENT = 11
USER = 6
_TYPES: dict[int, tuple[type, ...]] = {
    3: (str,),
    4: (int,),
    5: (bool,),
    USER: (User,),
    10: (int, float),
    ATTACHMENT: (Upload,),
}


def command_data(
    world: World,
    actor: Actor,
    channel: Channel,
    path: str,
    values: Mapping[str, Any],
    focused: str | None = None,
) -> Json:
    """Return the data of a slash command such as `files list`; `focused` is the option being typed.

    Raises:
        CannotDoError: the client has no such command or option here, or does not take the value.
    """
    name, *below = path.split()
    command = _command(world, actor, channel, name)
    specs = _descend(command, below)
    resolved: Json = {}
    options = [_option(world, channel, specs, item, focused, resolved) for item in values.items()]
    missing = {spec["name"] for spec in specs.values() if spec.get("required")} - values.keys()
    if missing and focused is None:
        msg = f"the client insists on {sorted(missing)}"
        raise CannotDoError(msg)
    for depth, step in enumerate(reversed(below)):
        options = [{"name": step, "type": 1 if depth == 0 else 2, "options": options}]
    data = {"id": command["id"], "name": name, "type": CHAT_INPUT, "options": options}
    return data | ({"resolved": resolved} if resolved else {})


def _command(world: World, actor: Actor, channel: Channel, name: str) -> Json:
    for command in world.commands.values():
        is_here = command.get("guild_id") in {None, channel.guild_id}
        if command["name"] == name and command["type"] == CHAT_INPUT and is_here:
            break
    else:
        msg = f"there is no command /{name} here"
        raise CannotDoError(msg)
    needed = Permission(int(command["default_member_permissions"] or 0))
    if channel.guild_id and needed not in actor.allowed and Permission.ADMINISTRATOR not in actor.allowed:
        msg = f"/{name} is not offered to this member"
        raise CannotDoError(msg)
    contexts = command.get("contexts")
    is_direct_denied = command.get("dm_permission") is False or (contexts and 1 not in contexts)
    if channel.guild_id is None and is_direct_denied:
        msg = f"/{name} is not offered in direct messages"
        raise CannotDoError(msg)
    return command


def _descend(command: Json, below: Sequence[str]) -> dict[str, Json]:
    specs = {spec["name"]: spec for spec in command["options"]}
    for step in below:
        if step not in specs:
            msg = f"/{command['name']} has no subcommand {step}"
            raise CannotDoError(msg)
        specs = {spec["name"]: spec for spec in specs[step].get("options") or []}
    return specs


def _option(
    world: World,
    channel: Channel,
    specs: Mapping[str, Json],
    item: tuple[str, Any],
    focused: str | None,
    resolved: Json,
) -> Json:
    name, value = item
    spec = specs.get(name)
    if spec is None or not isinstance(value, _TYPES[spec["type"]]):
        msg = f"the client takes no {type(value).__name__} for the option {name}"
        raise CannotDoError(msg)
    if focused != name:
        _check_value(spec, value)
    elif not spec.get("autocomplete"):
        msg = f"the option {name} has no autocomplete"
        raise CannotDoError(msg)
    sent = {"name": name, "type": spec["type"], "value": _sent_value(world, channel, value, resolved)}
    return sent | ({"focused": True} if focused == name else {})


def _check_value(spec: Json, value: Any) -> None:
    choices = [choice["value"] for choice in spec.get("choices") or []]
    size = len(value) if isinstance(value, str) else value
    least, most = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    too_small = spec.get(least) is not None and size < spec[least]
    too_large = spec.get(most) is not None and size > spec[most]
    if (choices and value not in choices) or too_small or too_large:
        msg = f"the client does not take {value!r} for the option {spec['name']}"
        raise CannotDoError(msg)


def _sent_value(world: World, channel: Channel, value: Any, resolved: Json) -> Json:
    if isinstance(value, Upload):
        return uploaded(world, channel, value, resolved)
    if isinstance(value, User):
        resolved.setdefault("users", {})[value.id] = payloads.user_payload(value)
        member = payloads.member_payload(value)
        resolved.setdefault("members", {})[value.id] = {key: member[key] for key in member if key != "user"}
        return value.id
    return value
