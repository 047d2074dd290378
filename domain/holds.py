"""Legal holds: what is under one stays, whatever would take it away."""

from pydantic import BaseModel, ConfigDict

from domain.errors import InvalidValueError
from domain.metadata import Timestamp

MAX_REASON_CHARACTERS = 500


class Hold(BaseModel):
    """A hold on one file, or (`file_id` None) on all that a user has and will have."""

    model_config = ConfigDict(frozen=True)

    file_id: str | None
    reason: str
    actor: str
    since: Timestamp


def check_reason(reason: str) -> str:
    """Return a reason, without space around it.

    Raises:
        InvalidValueError: it is empty, or longer than a reason is.
    """
    if not 0 < len(reason.strip()) <= MAX_REASON_CHARACTERS:
        msg = f"Give a reason of 1 to {MAX_REASON_CHARACTERS} characters; it is recorded with the hold."
        raise InvalidValueError(msg)
    return reason.strip()
