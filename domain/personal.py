"""Which fields of an event are personal, and what is left of them after an erasure.

A personal field is stored under its user's own key. When that key is destroyed
the field decodes to its tombstone, so that every reader of the ledger survives
an erasure without a special case.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, JsonValue

ERASED = "[erased]"
ERASED_EXTENSION = ""


@dataclass(frozen=True)
class Personal:
    """Marks a field as personal; `tombstone` is its value once the key is gone."""

    tombstone: JsonValue


PersonalText = Annotated[str, Personal(ERASED)]
PersonalExtension = Annotated[str, Personal(ERASED_EXTENSION)]
PersonalTexts = Annotated[tuple[str, ...], Personal([])]


def personal_tombstones(model: type[BaseModel]) -> dict[str, JsonValue]:
    """Return the personal fields of `model`, each with its tombstone."""
    return {
        name: mark.tombstone
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Personal)
    }
