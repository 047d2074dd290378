"""The real clock and the real source of ids."""

import secrets
import string
from datetime import UTC, datetime

from domain.metadata import to_utc_milliseconds

_ALPHABET = string.ascii_lowercase + string.digits


class SystemClock:
    """The machine's clock, in UTC, in whole milliseconds."""

    def now(self) -> datetime:
        """Return the current time."""
        return to_utc_milliseconds(datetime.now(UTC))


class RandomIds:
    """Ids from the system's entropy: 62 bits a file id, so none is drawn twice in practice."""

    def file_id(self) -> str:
        """Return a new file id."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(12))

    def execution_id(self) -> str:
        """Return a new execution id."""
        return "run-" + "".join(secrets.choice(_ALPHABET) for _ in range(12))
