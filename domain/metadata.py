"""Who did it, when, and because of what: carried by every event."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer

_SIGNAL = "system:signal-"


def to_utc_milliseconds(moment: datetime) -> datetime:
    """Return `moment` in UTC, cut to whole milliseconds.

    Every store that holds a time (the views keep BSON dates) keeps milliseconds;
    finer times would not survive a round trip.
    """
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def time_text(moment: datetime) -> str:
    """Return the one spelling of a time: `2026-11-22T10:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[
    AwareDatetime, AfterValidator(to_utc_milliseconds), PlainSerializer(time_text, when_used="json")
]


class Metadata(BaseModel):
    """The circumstances of one decision.

    `actor` is `user:ID`, `admin:ID` or `system:PART`; `cause` names the message,
    interaction or execution that led to the decision (empty: none known).
    """

    model_config = ConfigDict(frozen=True)

    timestamp: Timestamp
    actor: str
    cause: str = ""


def user_actor(user_id: str) -> str:
    """Return the actor of a user's own doing."""
    return f"user:{user_id}"


def admin_actor(user_id: str) -> str:
    """Return the actor of an operator's doing."""
    return f"admin:{user_id}"


def signal_actor(name: str) -> str:
    """Return the actor of what a signal to the program did, such as SIGTERM: nobody can tell who sent it."""
    return f"{_SIGNAL}{name}"


def actor_words(actor: str, user_id: str) -> str:
    """Return how to name an actor to the user whose run or file it acted on."""
    if actor == user_actor(user_id):
        return "its user"
    name = actor.removeprefix(_SIGNAL)
    return actor if name == actor else f"a signal to the program ({name})"
