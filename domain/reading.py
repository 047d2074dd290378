"""What an operator may look at of a user's, each look being an event of that user's ledger."""

from enum import StrEnum


class ReadMatter(StrEnum):
    """What was looked at."""

    HISTORY = "history"
    FILE_LISTS = "file_lists"
    REASONS = "reasons"
    PROVENANCE = "provenance"
    EXPORT = "export"
    BYTES = "bytes"
    SPENDING = "spending"
