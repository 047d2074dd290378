"""Limits of the components of a message (components/reference)."""

from collections.abc import Callable, Sequence

from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.values import SELECTS, ComponentKind, Json, walk

ROWS = 5
ROW_WIDTH = 5
CUSTOM_ID = 100
LABEL = 80
URL = 512
OPTIONS = 25
OPTION_TEXT = 100
PLACEHOLDER = 150
TOTAL_V2 = 40
TEXT_V2 = 4_000
SECTION_TEXTS = 3
GALLERY_ITEMS = 10
LINK = 5
PREMIUM = 6

_TOP_V2 = (1, 9, 10, 12, 13, 14, 17)


def check_components(form: Form, components: Sequence[Json], *, is_v2: bool) -> None:
    """Check the components of a message; `is_v2` is whether it has the flag IS_COMPONENTS_V2."""
    if is_v2:
        _check_v2(form, components)
    else:
        form.at_most(("components",), components, ROWS)
        for index, component in enumerate(components):
            if _kind_allowed(form, ("components", index), component, (ComponentKind.ACTION_ROW,)):
                check_row(form, ("components", index), component)
    check_custom_ids(form, components)


def check_custom_ids(form: Form, components: Sequence[Json]) -> None:
    """Check that no two components share a custom id."""
    seen: set[str] = set()
    for path, component in _places(("components",), components):
        custom_id = component.get("custom_id")
        if custom_id in seen:
            message = "Component custom id cannot be duplicated"
            form.error((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        if custom_id is not None:
            seen.add(custom_id)


def check_row(form: Form, path: Path, row: Json) -> None:
    """Check a row: up to five buttons, or one select."""
    children = row.get("components") or []
    width = 0
    for index, child in enumerate(children):
        place = (*path, "components", index)
        width += ROW_WIDTH if child.get("type") in SELECTS else 1
        if width > ROW_WIDTH:
            message = "The specified component exceeds the maximum width"
            form.error(place, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
        if _kind_allowed(form, place, child, (ComponentKind.BUTTON, *sorted(SELECTS))):
            check_widget(form, place, child)
    if not children:
        form.between((*path, "components"), children, 1, ROW_WIDTH)


def check_widget(form: Form, path: Path, component: Json) -> None:
    """Check a button or a select."""
    if component["type"] == ComponentKind.BUTTON:
        _check_button(form, path, component)
    else:
        check_select(form, path, component)


def _check_button(form: Form, path: Path, button: Json) -> None:
    form.at_most((*path, "label"), button.get("label"), LABEL)
    if not button.get("label") and not button.get("emoji"):
        form.required((*path, "label"))
    style = button.get("style")
    if style == LINK:
        form.between((*path, "url"), button.get("url"), 1, URL)
    elif form.one_of((*path, "style"), style, (1, 2, 3, 4, LINK, PREMIUM)) and style != PREMIUM:
        form.between((*path, "custom_id"), button.get("custom_id"), 1, CUSTOM_ID)


def check_select(form: Form, path: Path, select: Json) -> None:
    """Check a select of any kind."""
    form.between((*path, "custom_id"), select.get("custom_id"), 1, CUSTOM_ID)
    form.at_most((*path, "placeholder"), select.get("placeholder"), PLACEHOLDER)
    for name in ("min_values", "max_values"):
        if not 0 <= (select.get(name) or 0) <= OPTIONS:
            message = f"int value should be less than or equal to {OPTIONS}."
            form.error((*path, name), "NUMBER_TYPE_MAX", message)
    if select["type"] == ComponentKind.STRING_SELECT:
        _check_options(form, (*path, "options"), select.get("options") or [])


def _check_options(form: Form, path: Path, options: Sequence[Json]) -> None:
    form.between(path, options, 1, OPTIONS)
    seen: set[str] = set()
    for index, option in enumerate(options):
        form.between((*path, index, "label"), option.get("label"), 1, OPTION_TEXT)
        form.between((*path, index, "value"), option.get("value"), 1, OPTION_TEXT)
        form.at_most((*path, index, "description"), option.get("description"), OPTION_TEXT)
        if option.get("value") in seen:
            message = "The specified option value is already used"
            form.error((*path, index, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        seen.add(option.get("value"))


# -- components v2 ---------------------------------------------------------------


def _check_v2(form: Form, components: Sequence[Json]) -> None:
    parts = list(walk(components))
    if len(parts) > TOTAL_V2:
        message = f"The maximum number of total components of {TOTAL_V2} was exceeded"
        form.error(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    texts = [part.get("content") or "" for part in parts if part.get("type") == ComponentKind.TEXT_DISPLAY]
    if sum(map(len, texts)) > TEXT_V2:
        message = f"The displayable text size exceeds maximum size of {TEXT_V2}"
        form.error(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    for index, component in enumerate(components):
        _kind_allowed(form, ("components", index), component, _TOP_V2)
    for path, component in _places(("components",), components):
        if (check := _V2.get(component.get("type"))) is not None:
            check(form, path, component)


def _check_text(form: Form, path: Path, component: Json) -> None:
    form.between((*path, "content"), component.get("content"), 1, TEXT_V2)


def _check_section(form: Form, path: Path, component: Json) -> None:
    form.between((*path, "components"), component.get("components"), 1, SECTION_TEXTS)
    accessory = component.get("accessory")
    if accessory is None:
        form.required((*path, "accessory"))
    elif accessory["type"] == ComponentKind.BUTTON:
        _check_button(form, (*path, "accessory"), accessory)


def _check_gallery(form: Form, path: Path, component: Json) -> None:
    form.between((*path, "items"), component.get("items"), 1, GALLERY_ITEMS)


_V2: dict[int, Callable[[Form, Path, Json], None]] = {
    ComponentKind.ACTION_ROW: check_row,
    ComponentKind.TEXT_DISPLAY: _check_text,
    ComponentKind.SECTION: _check_section,
    ComponentKind.MEDIA_GALLERY: _check_gallery,
}


def _kind_allowed(form: Form, path: Path, component: Json, kinds: Sequence[int]) -> bool:
    allowed = tuple(int(kind) for kind in kinds)
    is_allowed = component.get("type") in allowed
    if not is_allowed:
        message = f'Value of field "type" must be one of {allowed}.'
        form.error((*path, "type"), "UNION_TYPE_CHOICES", message)
    return is_allowed


def _places(path: Path, components: Sequence[Json]) -> list[tuple[Path, Json]]:
    places: list[tuple[Path, Json]] = []
    for index, component in enumerate(components):
        here = (*path, index)
        places.append((here, component))
        places += _places((*here, "components"), component.get("components") or ())
        for name in ("accessory", "component"):
            if component.get(name):
                places.append(((*here, name), component[name]))
    return places
