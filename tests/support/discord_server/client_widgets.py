"""Buttons, selects and modals as Discord's own client sends them, and what it does not let a person do."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.discord_server.client_uploads import CannotDoError, uploaded
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
        return sent | {"values": [uploaded(world, channel, upload, resolved) for upload in uploads]}
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
