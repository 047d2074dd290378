"""What a disk can do to a file's bytes."""

from enum import StrEnum


class Damage(StrEnum):
    """How the bytes on disk differ from what the ledger recorded."""

    MISSING = "missing"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
