"""Making text that strangers wrote fit for a terminal, and values fit for people."""

import re
import unicodedata
from datetime import UTC, datetime

from domain.errors import InvalidValueError

_KEPT_CONTROLS = frozenset("\n\t")
_STEERING = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe_text(text: str) -> str:
    """Return `text` without characters that could steer a terminal (escapes, bidi marks)."""
    return "".join(
        c if c in _KEPT_CONTROLS or unicodedata.category(c)[0] != "C" else "�"
        for c in text.replace("\r\n", "\n")
    )


def harmless_text(text: str) -> str:
    """Return `text` to the character, but for escapes and bidi marks: a pipe may end at a terminal, too."""
    return _STEERING.sub("�", text)


def moment_text(moment: datetime) -> str:
    """Return `2026-11-22 10:30:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def left_text(expires_at: datetime | None, now: datetime) -> str:
    """Return how much time a file has left: `in 47 h 59 min`, `in 3 s`, `never`."""
    if expires_at is None:
        return "never"
    minutes, seconds = divmod(max(0, round((expires_at - now).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        f"{count} {unit}"
        for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
        if count
    ]
    return f"in {' '.join(parts[:2]) or '0 s'}"


def parse_time(text: str) -> datetime:
    """Return the moment that an ISO 8601 text names; without a zone it is UTC.

    A date alone is its first moment.

    Raises:
        InvalidValueError: `text` is no ISO 8601 date or time.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"{text!r} is no time. Write it as 2026-11-22T10:30:00Z, or a date alone as 2026-11-22."
        raise InvalidValueError(msg) from error
