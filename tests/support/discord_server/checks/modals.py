"""Limits of modals (interactions/receiving-and-responding, Modal; components/reference)."""

from tests.support.discord_server.checks.components import CUSTOM_ID, check_custom_ids, check_select
from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.values import SELECTS, ComponentKind, Json

TITLE = 45
COMPONENTS = 5
LABEL = 45
DESCRIPTION = 100
PLACEHOLDER = 100
VALUE = 4_000
UPLOADS = 10


def check_modal(data: Json) -> None:
    """Check the data of a modal.

    Raises:
        ApiError: something breaks a limit.
    """
    form = Form(("data",))
    form.between(("custom_id",), data.get("custom_id"), 1, CUSTOM_ID)
    form.between(("title",), data.get("title"), 1, TITLE)
    components = data.get("components") or []
    form.between(("components",), components, 1, COMPONENTS)
    for index, component in enumerate(components):
        _check_part(form, ("components", index), component)
    check_custom_ids(form, components)
    form.close()


def _check_part(form: Form, path: Path, component: Json) -> None:
    kind = component.get("type")
    if kind == ComponentKind.LABEL:
        form.between((*path, "label"), component.get("label"), 1, LABEL)
        form.at_most((*path, "description"), component.get("description"), DESCRIPTION)
        _check_field(form, (*path, "component"), component.get("component") or {})
    elif kind == ComponentKind.ACTION_ROW:  # the older way: the label is the field's own
        children = component.get("components") or []
        form.between((*path, "components"), children, 1, 1)
        for index, child in enumerate(children):
            place = (*path, "components", index)
            form.between((*place, "label"), child.get("label"), 1, LABEL)
            _check_field(form, place, child)
    else:
        form.one_of((*path, "type"), kind, (1, 10, 18))


def _check_field(form: Form, path: Path, field: Json) -> None:
    kind = field.get("type")
    if kind in SELECTS:
        check_select(form, path, field)
        return
    form.between((*path, "custom_id"), field.get("custom_id"), 1, CUSTOM_ID)
    if kind == ComponentKind.TEXT_INPUT:
        form.at_most((*path, "placeholder"), field.get("placeholder"), PLACEHOLDER)
        form.at_most((*path, "value"), field.get("value"), VALUE)
        form.one_of((*path, "style"), field.get("style"), (1, 2))
    elif kind == ComponentKind.FILE_UPLOAD and (field.get("max_values") or 1) > UPLOADS:
        message = f"int value should be less than or equal to {UPLOADS}."
        form.error((*path, "max_values"), "NUMBER_TYPE_MAX", message)
