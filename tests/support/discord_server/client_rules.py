"""What Discord's own client lets a person do, and the data it sends for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.discord_server import payloads
from tests.support.discord_server.checks.commands import CHAT_INPUT
from tests.support.discord_server.interactions import Actor
from tests.support.discord_server.permissions import Permission
from tests.support.discord_server.values import (
    SELECTS,
    Channel,
    ComponentKind,
    Json,
    Message,
    Upload,
    User,
    walk,
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


class CannotDoError(Exception):
    """The client offers no way to do that."""


# -- commands --------------------------------------------------------------------


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
        return _uploaded(world, channel, value, resolved)
    if isinstance(value, User):
        resolved.setdefault("users", {})[value.id] = payloads.user_payload(value)
        member = payloads.member_payload(value)
        resolved.setdefault("members", {})[value.id] = {key: member[key] for key in member if key != "user"}
        return value.id
    return value


def _uploaded(world: World, channel: Channel, upload: Upload, resolved: Json) -> str:
    attachment = world.files.keep(upload, channel.id, is_ephemeral=True)
    resolved.setdefault("attachments", {})[attachment.id] = payloads.attachment_payload(attachment)
    return attachment.id


# -- components ------------------------------------------------------------------


def find_widget(message: Message, user: User, wanted: str) -> Json:
    """Return the button or select of a message with that label, placeholder or custom id.

    Raises:
        CannotDoError: the person does not see it, or it is disabled.
    """
    if message.audience not in {None, user.id}:
        msg = "the message is shown to somebody else"
        raise CannotDoError(msg)
    for widget in message.widgets:
        if wanted in {widget["custom_id"], widget.get("label"), widget.get("placeholder")}:
            if widget.get("disabled"):
                msg = f"{wanted} is disabled"
                raise CannotDoError(msg)
            return widget
    offered = [widget.get("label") or widget["custom_id"] for widget in message.widgets]
    msg = f"the message offers {offered}, not {wanted}"
    raise CannotDoError(msg)


def selection(widget: Json, values: Sequence[str]) -> list[str]:
    """Return the values of the chosen options, given by value or label.

    Raises:
        CannotDoError: there is no such option, or they are too few or too many.
    """
    options = widget.get("options") or []
    names = {key: option["value"] for option in options for key in (option["label"], option["value"])}
    unknown = [value for value in values if value not in names]
    least, most = widget.get("min_values", 1), widget.get("max_values", 1)
    if unknown or not least <= len(values) <= most:
        msg = f"from {list(names)} the client takes {least} to {most}, not {list(values)}"
        raise CannotDoError(msg)
    return [names[value] for value in values]


def component_data(widget: Json, values: Sequence[str] | None) -> Json:
    """Return the data of a click or a choice."""
    data: Json = {"custom_id": widget["custom_id"], "component_type": widget["type"], "id": widget["id"]}
    return data if values is None else data | {"values": list(values)}


# -- modals ----------------------------------------------------------------------


def modal_data(world: World, channel: Channel, modal: Json, values: Mapping[str, Any]) -> Json:
    """Return the data of a modal that was filled in; values are given by custom id.

    Raises:
        CannotDoError: the modal has no such field, or does not take the value.
    """
    fields = [part for part in walk(modal["components"]) if "custom_id" in part]
    unknown = values.keys() - {item["custom_id"] for item in fields}
    if unknown:
        msg = f"the modal has no fields {sorted(unknown)}"
        raise CannotDoError(msg)
    resolved: Json = {}
    answers = {
        item["custom_id"]: _answer(world, channel, item, values.get(item["custom_id"]), resolved)
        for item in fields
    }
    components = [_filled(part, answers) for part in modal["components"]]
    data = {"custom_id": modal["custom_id"], "components": components}
    return data | ({"resolved": resolved} if resolved else {})


def _answer(world: World, channel: Channel, field: Json, value: Any, resolved: Json) -> Json:
    sent: Json = {"type": field["type"], "custom_id": field["custom_id"], "id": field.get("id", 0)}
    if field["type"] == ComponentKind.TEXT_INPUT:
        return sent | {"value": _text(field, field.get("value") or "" if value is None else value)}
    if field["type"] == ComponentKind.FILE_UPLOAD:
        uploads = _counted(field, value or [])
        return sent | {"values": [_uploaded(world, channel, upload, resolved) for upload in uploads]}
    if field["type"] in SELECTS:
        return sent | {"values": selection(field, value or [])}
    msg = f"the client of the tests cannot fill in {field['custom_id']}"
    raise CannotDoError(msg)


def _text(field: Json, value: str) -> str:
    is_missing = field.get("required", True) and not value
    is_short = bool(value) and len(value) < (field.get("min_length") or 0)
    if is_missing or is_short or len(value) > (field.get("max_length") or 4_000):
        msg = f"the client does not take {len(value)} characters for {field['custom_id']}"
        raise CannotDoError(msg)
    return value


def _counted(field: Json, uploads: Sequence[Upload]) -> Sequence[Upload]:
    least = field.get("min_values", 1) if field.get("required", True) else 0
    if not least <= len(uploads) <= field.get("max_values", 1):
        msg = f"the client does not take {len(uploads)} files for {field['custom_id']}"
        raise CannotDoError(msg)
    return uploads


def _filled(part: Json, answers: Mapping[str, Json]) -> Json:
    if part["type"] == ComponentKind.LABEL:
        return {"type": part["type"], "component": answers[part["component"]["custom_id"]]}
    if part["type"] == ComponentKind.ACTION_ROW:
        children = [answers[child["custom_id"]] for child in part["components"]]
        return {"type": part["type"], "components": children}
    return {"type": part["type"]}
