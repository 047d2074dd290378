"""What was said, as JSON-like values: how conversations are kept and exported."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, TypeAdapter

from application.model import AssistantMessage, Message, ToolMessage, UserMessage

_ROLES: dict[str, TypeAdapter[Message]] = {
    "user": TypeAdapter(UserMessage),
    "assistant": TypeAdapter(AssistantMessage),
    "tool": TypeAdapter(ToolMessage),
}
_ROLE_OF = {UserMessage: "user", AssistantMessage: "assistant", ToolMessage: "tool"}


def message_document(message: Message) -> dict[str, JsonValue]:
    """Return a message as a document."""
    role = _ROLE_OF[type(message)]
    return {"role": role, "message": _ROLES[role].dump_python(message, mode="json")}


def message_of(document: Mapping[str, Any]) -> Message:
    """Return the message of a document.

    Raises:
        ValueError, LookupError, TypeError: it is none.
    """
    return _ROLES[str(document["role"])].validate_python(document["message"])
