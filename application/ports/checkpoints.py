"""Who signs checkpoints, and where they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Note:
    """A signed note, where it is kept, and the number it is kept under (None: nobody gave it one)."""

    where: str
    text: str
    number: int | None = None


class Notary(Protocol):
    """Signs texts with the operator's key, and checks such signatures."""

    def sign(self, text: str) -> str:
        """Return `text` with its signature as a note; the key is named by the text's first line."""

    def open(self, note: str) -> str:
        """Return the text of a note that a trusted key signed.

        Raises:
            IntegrityFaultError: it is none; says why.
        """

    def verifier_key(self, name: str) -> str:
        """Return the public key that checks the signatures made under `name`, as text."""


class NoteKeeper(Protocol):
    """Keeps notes beside the ledger; copies elsewhere are the operator's."""

    def keep(self, number: int, text: str) -> Note:
        """Keep a note under a number, for good."""

    def notes(self) -> Sequence[Note]:
        """Return every note kept, by number."""
