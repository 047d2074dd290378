"""Limits of application commands (interactions/application-commands)."""

import re
from collections.abc import Iterator, Sequence

from tests.support.discord_server.forms import Form, Path
from tests.support.discord_server.values import Json

COMMANDS = 100
NAME = 32
DESCRIPTION = 100
OPTIONS = 25
CHOICES = 25
CHOICE_TEXT = 100
SIZE = 8_000
CHAT_INPUT = 1
SUBCOMMANDS = (1, 2)

_NAME = re.compile(r"[-_'\w]{1,32}")


def check_commands(commands: Sequence[Json]) -> None:
    """Check a set of commands.

    Raises:
        ApiError: something breaks a limit.
    """
    form = Form()
    form.at_most((), [item for item in commands if item.get("type", CHAT_INPUT) == CHAT_INPUT], COMMANDS)
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        key = (command.get("type", CHAT_INPUT), command.get("name", ""))
        if key in seen:
            message = "Application command names must be unique"
            form.error((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        seen.add(key)
        _check_command(form, (index,), command)
    form.close()


def check_choices(form: Form, path: Path, choices: Sequence[Json]) -> None:
    """Check choices, of an option or of an autocomplete."""
    form.at_most(path, choices, CHOICES)
    for index, choice in enumerate(choices):
        form.between((*path, index, "name"), choice.get("name"), 1, CHOICE_TEXT)
        if isinstance(choice.get("value"), str):
            form.at_most((*path, index, "value"), choice["value"], CHOICE_TEXT)


def _check_command(form: Form, path: Path, command: Json) -> None:
    if command.get("type", CHAT_INPUT) != CHAT_INPUT:
        form.between((*path, "name"), command.get("name"), 1, NAME)
        return
    _check_named(form, path, command)
    _check_options(form, (*path, "options"), command.get("options") or [])
    if sum(map(len, _texts(command))) > SIZE:
        form.error(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE})")


def _check_named(form: Form, path: Path, item: Json) -> None:
    name = item.get("name") or ""
    if _NAME.fullmatch(name) is None or name != name.lower():
        message = "Command name is invalid"
        form.error((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", message)
    form.between((*path, "description"), item.get("description"), 1, DESCRIPTION)


def _check_options(form: Form, path: Path, options: Sequence[Json]) -> None:
    form.at_most(path, options, OPTIONS)
    is_optional_seen = False
    for index, option in enumerate(options):
        place = (*path, index)
        _check_named(form, place, option)
        check_choices(form, (*place, "choices"), option.get("choices") or [])
        _check_options(form, (*place, "options"), option.get("options") or [])
        if option.get("required") and is_optional_seen:
            message = "Required options must be placed before non-required options"
            form.error(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        is_optional_seen |= option.get("type") not in SUBCOMMANDS and not option.get("required")


def _texts(item: Json) -> Iterator[str]:
    yield from (str(item.get(name) or "") for name in ("name", "description", "value"))
    for name in ("options", "choices"):
        for child in item.get(name) or []:
            yield from _texts(child)
