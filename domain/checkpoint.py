"""A checkpoint: what the operator signs to vouch for the ledger's first so many events.

Its text is that of a C2SP tlog-checkpoint: origin, size of the Merkle tree and its
root in base64, a line each, and an extension line with the time of signing.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from domain.errors import IntegrityFaultError
from domain.metadata import time_text

_TIME = "at "
_ORIGIN = "fileledger/"
_ORIGIN_DIGITS = 16
_LINES = 4


@dataclass(frozen=True)
class Checkpoint:
    """The root over the first `size` events of the ledger named by `origin`."""

    origin: str
    size: int
    root: bytes
    at: datetime

    def text(self) -> str:
        """Return the text that is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n{_TIME}{time_text(self.at)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Return the checkpoint that `text` spells.

        Raises:
            IntegrityFaultError: it is no checkpoint of this program.
        """
        lines = text.splitlines()
        try:
            origin, size, root, at = lines[:_LINES]
            parsed = cls(
                origin,
                int(size),
                base64.b64decode(root, validate=True),
                datetime.fromisoformat(at.removeprefix(_TIME)),
            )
            spelled = parsed.text()
        except (ValueError, binascii.Error) as error:
            msg = "The text is no checkpoint: origin, size, root and time are expected, a line each."
            raise IntegrityFaultError(msg) from error
        if spelled != text:
            msg = "The checkpoint is not spelled as this program spells it."
            raise IntegrityFaultError(msg)
        return parsed


def origin_of(first_digest: bytes) -> str:
    """Return the name of the ledger whose first event has this chain digest; no two ledgers share one."""
    return _ORIGIN + first_digest.hex()[:_ORIGIN_DIGITS]
